import { sessionExists, sessionNotFound } from '../../../errors/session-errors.ts'
import { appendEvent, type Segment } from '../../../journal/segment.ts'
import type { CopiedEntries, CopiedSession, SessionCopy } from '../../../port/session-copy.ts'
import { encodeForgetting } from '../codec/log-codec.ts'
import type { Database } from '../file/database.ts'
import type { CommitContext } from '../log/commit.ts'
import { packEntries } from '../log/pack.ts'
import { writeQueueChange } from '../rows/queue-rows.ts'
import { encodeRecord, recordIn } from '../rows/record-row.ts'
import { deleteRows, insertMembers } from './session-rows.ts'

/*
 * Until its last stretch, a copy has 0 in `fork_of`, which hides it as a fork is hidden, and the
 * number of the last stretch in `fork_up_to`.
 */

/**
 * Writes a stretch that another database gave, in a transaction. The last one shows the session, and
 * returns the row of the log that tells other processes.
 *
 * @throws CaughtupError `CONFLICT` for an id that a session has already, `NOT_FOUND` for a stretch
 *   that is not the next
 */
export function writeSession(copy: SessionCopy, context: CommitContext): number | undefined {
  const { db, messages } = context
  const { stretch, session, next } = copy
  const key = stretch === 1 ? insert(db, session) : target(db, copy)
  for (const { message, hidden } of copy.messages) {
    messages.write(key, message)
    if (hidden === 0) continue
    const { order } = message
    db.run('UPDATE messages SET hidden = ? WHERE session = ? AND ord = ?', hidden, key, order)
  }
  packEntries(db, key, segmentsOf(copy.entries))
  for (const { kind, id, count } of copy.remembered) messages.remember(key, kind, id, count)
  if (!next) return show(key, session, context)
  db.run('UPDATE sessions SET fork_up_to = ? WHERE key = ?', stretch, key)
  return undefined
}

/**
 * Removes copies that have got no stretch since the last look; returns how far the others are, by
 * key. In a transaction.
 */
export function removeStalledCopies(
  db: Database,
  before: ReadonlyMap<number, number>,
): ReadonlyMap<number, number> {
  const now = new Map<number, number>()
  for (const row of db.all('SELECT key, fork_up_to FROM sessions WHERE fork_of = 0')) {
    const [key, stretch] = [Number(row['key']), Number(row['fork_up_to'])]
    if (before.get(key) === stretch) deleteRows(db, key)
    else now.set(key, stretch)
  }
  return now
}

/** The key of the new session, in place of a copy that was left incomplete. */
function insert(db: Database, session: CopiedSession): number {
  const { id, journal, title, createdAt, updatedAt, record, members } = session
  const row = db.get('SELECT key, fork_of FROM sessions WHERE id = ?', id)
  if (row && row['fork_of'] !== 0) throw sessionExists(id)
  if (row) deleteRows(db, Number(row['key']))
  const { lastId: key } = db.run(
    `INSERT INTO sessions
       (id, journal, title, created_at, updated_at, record, tag, recency, revision, fork_of, fork_up_to)
     VALUES (?, ?, ?, ?, ?, ?, '', ?, 0, 0, 0)`,
    id,
    journal,
    title,
    createdAt,
    updatedAt,
    encodeRecord(record),
    record.recency,
  )
  insertMembers(
    db,
    key,
    members.map(({ principal }) => principal),
  )
  return key
}

/** The key of the session whose next stretch this is. */
function target(db: Database, { stretch, session }: SessionCopy): number {
  const { id, journal, record } = session
  const row = db.get('SELECT * FROM sessions WHERE id = ?', id)
  if (row && row['fork_of'] !== 0) throw sessionExists(id)
  const isNext =
    row?.['journal'] === journal &&
    row['fork_up_to'] === stretch - 1 &&
    recordIn(row, db)?.seq === record.seq
  if (!isNext) throw sessionNotFound(id)
  return Number(row['key'])
}

function segmentsOf(entries: readonly CopiedEntries[]): Segment[] {
  const segments: Segment[] = []
  for (const { tag, events } of entries) {
    for (const event of events) appendEvent(segments, event, tag)
  }
  return segments
}

function show(key: number, session: CopiedSession, { db, cache, tag }: CommitContext): number {
  const { title, updatedAt, record, floor, floorTag, members } = session
  for (const add of record.queue) writeQueueChange(db, key, { add })
  for (const { principal, readUpTo } of members) {
    db.run(
      'UPDATE members SET read_up_to = ? WHERE session = ? AND principal = ?',
      readUpTo,
      key,
      principal,
    )
  }
  const rests = !record.run && record.queue.length === 0
  db.run(
    `UPDATE sessions SET fork_of = NULL, fork_up_to = NULL, title = ?, updated_at = ?, record = ?,
     tag = ?, recency = ?, revision = ?, active = ?, packed = ?, floor = ?, floor_tag = ? WHERE key = ?`,
    title,
    updatedAt,
    encodeRecord(record),
    session.tag,
    record.recency,
    cache.nextRevision(),
    rests ? 0 : 1,
    record.seq,
    floor,
    floorTag,
    key,
  )
  return db.run('INSERT INTO log (tag, body) VALUES (?, ?)', tag, encodeForgetting(key)).lastId
}
