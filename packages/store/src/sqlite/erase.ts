import { redact, redactSegment } from '../journal/redact.ts'
import { decodeBlock, encodeBlock } from './block-codec.ts'
import type { Database, Row } from './database.ts'
import { decodeLog, encodeDeletion, encodeEntry } from './log-codec.ts'

/** Blocks that one step rewrites. */
const stepBlocks = 32

/** Notes, in the transaction that erases, what older entries are to be rewritten for. */
export function noteErasure(db: Database, key: number, messageIds: readonly string[]): void {
  redactLog(db, key, new Set(messageIds))
  db.run(
    'INSERT INTO erasures (session, ids, next_seq) VALUES (?, ?, 0)',
    key,
    JSON.stringify(messageIds),
  )
}

/** Rewrites some blocks of one erasure, in a transaction; whether more is left of it. */
export function eraseStep(db: Database, erasure: Row): boolean {
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
  return false
}

/** Messages whose erasure is not complete: readers of blocks leave them out. */
export function beingErased(db: Database, key: number): Set<string> {
  const rows = db.all('SELECT ids FROM erasures WHERE session = ?', key)
  return new Set(rows.flatMap((row) => [...idsIn(row)]))
}

/** None where the row is damaged: whoever erased is told by what is still there. */
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
  const redacted = segments.map((segment) => redactSegment(segment, erased))
  if (redacted.every((segment, index) => segment === segments[index])) return
  const counts: Record<string, number> = {}
  for (const segment of redacted) {
    const [type, entries] =
      segment.kind === 'appends' ? ['message-delta', segment.ends.length] : [segment.event.type, 1]
    counts[type] = (counts[type] ?? 0) + entries
  }
  db.run(
    'UPDATE blocks SET counts = ?, body = ? WHERE key = ?',
    JSON.stringify(counts),
    encodeBlock(redacted),
    Number(block['key']),
  )
}

/** The log keeps entries for a while after they are packed, for other processes. */
function redactLog(db: Database, key: number, erased: ReadonlySet<string>): void {
  for (const row of db.all('SELECT id, body FROM log WHERE body LIKE ?', `%[${key},%`)) {
    const lines = String(row['body']).split('\n')
    const kept = lines.map((line) => {
      const [entry] = decodeLog(line)
      if (entry?.session !== key) return line
      return entry.event ? encodeEntry(key, redact(entry.event, erased)) : encodeDeletion(key)
    })
    const body = kept.join('\n')
    if (body !== row['body']) {
      db.run('UPDATE log SET body = ? WHERE id = ?', body, Number(row['id']))
    }
  }
}
