import { countKept } from '../../../journal/retention.ts'
import { countTypes } from '../../../journal/entries.ts'
import { redact, redactSegments } from '../../../journal/redact.ts'
import { decodeBlock, encodeBlock } from '../codec/block-codec.ts'
import type { Database, Row } from '../file/database.ts'
import { decodeLog, encodeEntry } from '../codec/log-codec.ts'

// Erasing removes a message's text from every place that has it. The commit that erases changes the
// message's row and the log. Older blocks and the search index (the table `words`) are rewritten
// later, in short steps, and unused bytes of the file when it is closed. The table `erasures` lists
// the work that is left.

/** How many blocks, or pages of the search index, one step rewrites. */
const stepBlocks = 32
const stepPages = 16
/** Two keys in `erasures` stand for work that all erasures share; every other key is one erasure. */
const indexKey = 0
const fileKey = -1
/** A condition for rows whose steps are due now; the file is rewritten only when it is closed. */
export const hasSteps = `key <> ${fileKey}`

/**
 * Removes the messages' text from the log, and notes that older blocks must be rewritten. It must be
 * called in the transaction that erases them, so that a crash cannot lose the note.
 */
export function noteErasure(db: Database, key: number, messageIds: readonly string[]): void {
  redactLog(db, key, new Set(messageIds))
  db.run(
    // If only `fileKey` (-1) is in the table, SQLite would give out 0, which is `indexKey`.
    `INSERT INTO erasures (key, session, ids, next_seq)
     SELECT max(coalesce(max(key), 0), 0) + 1, ?, ?, 0 FROM erasures`,
    key,
    JSON.stringify(messageIds),
  )
}

/**
 * Rewrites some blocks of one erasure, or part of the search index. Must run in a transaction.
 * Returns whether work on this row of `erasures` is left.
 */
export function eraseStep(db: Database, erasure: Row): boolean {
  if (Number(erasure['key']) === indexKey) return mergeIndex(db, Number(erasure['next_seq']) > 0)
  const session = Number(erasure['session'])
  const erased = idsIn(erasure)
  const blocks = db.all(
    'SELECT * FROM blocks WHERE session = ? AND first_seq >= ? ORDER BY first_seq LIMIT ?',
    session,
    Number(erasure['next_seq']),
    stepBlocks,
  )
  for (const block of blocks) redactBlock(db, block, erased)
  const last = blocks.at(-1)
  if (last && blocks.length === stepBlocks) {
    const next = Number(last['last_seq']) + 1
    db.run('UPDATE erasures SET next_seq = ? WHERE key = ?', next, Number(erasure['key']))
    return true
  }
  db.run('DELETE FROM erasures WHERE key = ?', Number(erasure['key']))
  noteShared(db, indexKey)
  return false
}

/** Notes that the search index or the file must be rewritten. */
function noteShared(db: Database, key: typeof indexKey | typeof fileKey): void {
  db.run(
    `INSERT INTO erasures (key, session, ids, next_seq) VALUES (?, 0, '[]', 0)
     ON CONFLICT (key) DO UPDATE SET next_seq = 0`,
    key,
  )
}

/**
 * Rewrites a file in which something was erased, unless it has more than `mostBytes`. SQLite
 * overwrites deleted rows. But where it has moved a row to another page, a copy stays in the unused
 * middle of the old page, and only rewriting the file removes that.
 */
export function rewriteErased(db: Database, mostBytes: number): void {
  if (!db.get('SELECT 1 FROM erasures WHERE key = ?', fileKey) || db.fileBytes() > mostBytes) return
  db.rewrite()
  db.run('DELETE FROM erasures WHERE key = ?', fileKey)
}

/**
 * Merges parts of the search index. Deleted words stay in it, only marked as deleted, until all its
 * parts are merged into one. A merge that changed fewer than two rows found nothing more to do
 * (https://sqlite.org/fts5.html#the_merge_command).
 */
function mergeIndex(db: Database, begun: boolean): boolean {
  const changes = () => Number(db.get('SELECT total_changes() AS n')?.['n'])
  const before = changes()
  db.run("INSERT INTO words (words, rank) VALUES ('merge', ?)", begun ? stepPages : -stepPages)
  if (changes() - before < 2) {
    db.run('DELETE FROM erasures WHERE key = ?', indexKey)
    noteShared(db, fileKey)
    return false
  }
  if (!begun) db.run('UPDATE erasures SET next_seq = 1 WHERE key = ?', indexKey)
  return true
}

/** Ids of messages whose text may still be in blocks; readers of blocks must leave it out. */
export function beingErased(db: Database, key: number): Set<string> {
  const rows = db.all('SELECT ids FROM erasures WHERE session = ?', key)
  return new Set(rows.flatMap((row) => [...idsIn(row)]))
}

/** Empty for a damaged row, since an error would stop every other erasure. */
function idsIn(erasure: Row): Set<string> {
  try {
    const ids: unknown = JSON.parse(String(erasure['ids']))
    return new Set(Array.isArray(ids) ? ids.map(String) : [])
  } catch {
    return new Set()
  }
}

function redactBlock(db: Database, block: Row, erased: ReadonlySet<string>): void {
  const [firstSeq, lastSeq] = [Number(block['first_seq']), Number(block['last_seq'])]
  const segments = decodeBlock(block['body'], { firstSeq, lastSeq })
  const redacted = redactSegments(segments, erased)
  if (redacted === segments) return
  db.run(
    'UPDATE blocks SET counts = ?, entries = ?, body = ? WHERE key = ?',
    JSON.stringify(countTypes(redacted, {})),
    countKept(redacted),
    encodeBlock(redacted),
    Number(block['key']),
  )
}

/** Redacts the log, which keeps packed entries for a while so that other processes can read them. */
function redactLog(db: Database, key: number, erased: ReadonlySet<string>): void {
  for (const row of db.all('SELECT id, body FROM log WHERE body LIKE ?', `%[${key},%`)) {
    const lines = String(row['body']).split('\n')
    redactLines(lines, key, erased)
    const body = lines.join('\n')
    if (body !== row['body']) {
      db.run('UPDATE log SET body = ? WHERE id = ?', body, Number(row['id']))
    }
  }
}

/** Removes the text of erased messages from lines of the log, in place. */
export function redactLines(lines: string[], key: number, erased: ReadonlySet<string>): void {
  for (const [index, line] of lines.entries()) {
    const [decoded] = decodeLog(line)
    if (decoded?.session !== key || typeof decoded.entry === 'string') continue
    lines[index] = encodeEntry(key, redact(decoded.entry, erased))
  }
}
