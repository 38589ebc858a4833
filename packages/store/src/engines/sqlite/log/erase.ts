import { countKept } from '../../../journal/retention.ts'
import { countTypes } from '../../../journal/list-events.ts'
import { redact, redactSegments } from '../../../journal/redact.ts'
import { decodeBlock, encodeBlock } from '../codec/block-codec.ts'
import type { Database, Row } from '../file/database.ts'
import { decodeLog, encodeDeletion, encodeEntry } from '../codec/log-codec.ts'

/** Blocks that one step rewrites, and pages of the index of words. */
const stepBlocks = 32
const stepPages = 16
/** The keys in `erasures` of what is done once for all of them: the index of words, then the file. */
const ofWords = 0
const ofFile = -1
/** Erasures that have steps left; the file is rewritten when it is closed. */
export const hasSteps = `key <> ${ofFile}`

/** Notes, in the transaction that erases, what older entries are to be rewritten for. */
export function noteErasure(db: Database, key: number, messageIds: readonly string[]): void {
  redactLog(db, key, new Set(messageIds))
  db.run(
    // Where only the file is left to rewrite, SQLite's own next key would be that of the words.
    `INSERT INTO erasures (key, session, ids, next_seq)
     SELECT max(coalesce(max(key), 0), 0) + 1, ?, ?, 0 FROM erasures`,
    key,
    JSON.stringify(messageIds),
  )
}

/**
 * Rewrites some blocks of one erasure, or some of the index of words, in a transaction; whether more
 * is left of it.
 */
export function eraseStep(db: Database, erasure: Row): boolean {
  if (Number(erasure['key']) === ofWords) return rewriteWords(db, Number(erasure['next_seq']) > 0)
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
  note(db, ofWords)
  return false
}

function note(db: Database, key: typeof ofWords | typeof ofFile): void {
  db.run(
    `INSERT INTO erasures (key, session, ids, next_seq) VALUES (?, 0, '[]', 0)
     ON CONFLICT (key) DO UPDATE SET next_seq = 0`,
    key,
  )
}

/**
 * Rewrites a file in which something was erased. SQLite overwrites what is deleted, but where it has
 * moved a row to another page, a copy stays in the unused middle of the page before, and nothing but
 * writing the file anew reaches that.
 */
export function rewriteErased(db: Database, mostBytes: number): void {
  if (!db.get('SELECT 1 FROM erasures WHERE key = ?', ofFile) || db.fileBytes() > mostBytes) return
  db.rewrite()
  db.run('DELETE FROM erasures WHERE key = ?', ofFile)
}

/**
 * What is deleted from the index of words stays in it, marked, until its parts are merged into one.
 * Where two changes or more were made, there is more to merge (https://sqlite.org/fts5.html#the_merge_command).
 */
function rewriteWords(db: Database, begun: boolean): boolean {
  const changes = () => Number(db.get('SELECT total_changes() AS n')?.['n'])
  const before = changes()
  db.run("INSERT INTO words (words, rank) VALUES ('merge', ?)", begun ? stepPages : -stepPages)
  if (changes() - before < 2) {
    db.run('DELETE FROM erasures WHERE key = ?', ofWords)
    note(db, ofFile)
    return false
  }
  if (!begun) db.run('UPDATE erasures SET next_seq = 1 WHERE key = ?', ofWords)
  return true
}

/** Messages whose erasure is not complete: readers of blocks leave them out. */
export function beingErased(db: Database, key: number): Set<string> {
  const rows = db.all('SELECT ids FROM erasures WHERE session = ?', key)
  return new Set(rows.flatMap((row) => [...idsIn(row)]))
}

/** None where the row is damaged: the entries themselves still tell. */
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

/** The log keeps entries for a while after they are packed, for other processes. */
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

/** Takes what is erased out of lines of the log. */
export function redactLines(lines: string[], key: number, erased: ReadonlySet<string>): void {
  for (const [index, line] of lines.entries()) {
    const [entry] = decodeLog(line)
    if (entry?.session !== key) continue
    lines[index] = entry.event ? encodeEntry(key, redact(entry.event, erased)) : encodeDeletion(key)
  }
}
