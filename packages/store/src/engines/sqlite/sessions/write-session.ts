import { sessionExists, sessionNotFound } from '../../../errors/session-errors.ts'
import { appendEvent, type Segment } from '../../../journal/segment.ts'
import type { CopiedEntries, CopiedSession, SessionCopy } from '../../../port/session-copy.ts'
import { encodeForgetting } from '../codec/log-codec.ts'
import type { Database } from '../file/database.ts'
import type { CommitContext } from '../log/commit.ts'
import { packEntries } from '../log/pack.ts'
import { writeQueueChange } from '../rows/queue-rows.ts'
import { encodeMetadata } from '../rows/metadata-row.ts'
import { writeOwed } from '../rows/owed-rows.ts'
import { encodeRecord, recordIn } from '../rows/record-row.ts'
import { deleteRows, insertMembers } from './session-rows.ts'

/*
 * A copy of a session from another database arrives in parts, its stretches. Until the last one, its
 * row has 0 in `fork_of`, which hides it like an incomplete fork, and the number of the newest
 * stretch in `fork_up_to`.
 */

/**
 * Writes one stretch of a copy. Must run in a transaction. The last stretch makes the session
 * visible, and returns the row of the log that tells other processes of it.
 *
 * @throws CaughtupError `CONFLICT` for the id of a complete session, `NOT_FOUND` for a stretch that is
 *   not the next one
 */
export function writeSession(copy: SessionCopy, context: CommitContext): number | undefined {
  const { db, messages, process } = context
  const { stretch, session, next } = copy
  const key = stretch === 1 ? insert(db, session) : target(db, copy)
  for (const { message, hidden } of copy.messages) {
    messages.write(key, message)
    if (!hidden) continue
    db.run(
      'UPDATE messages SET hidden = ?, anchor = ? WHERE session = ? AND ord = ?',
      hidden.stretch,
      hidden.after,
      key,
      message.order,
    )
  }
  packEntries(db, key, segmentsOf(copy.entries))
  for (const { kind, id, count } of copy.remembered) messages.remember(key, kind, id, count)
  for (const call of copy.owed) writeOwed(db, { session: key, process }, call)
  if (!next) return show(key, session, context)
  db.run('UPDATE sessions SET fork_up_to = ? WHERE key = ?', stretch, key)
  return undefined
}

/**
 * Removes copies that got no stretch since the last call. Must run in a transaction.
 *
 * @param before - what the last call returned
 * @returns the newest stretch of each remaining copy, by key
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

/** Inserts the copy's hidden row and returns its key; replaces an earlier copy that is incomplete. */
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

/** Finds the incomplete copy that this stretch continues, and returns its key. */
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
  const { title, metadata, updatedAt, record, floor, floorTag, members } = session
  // From the back: a place of its own would put what steers before the others.
  for (const add of record.queue.toReversed()) writeQueueChange(db, key, { add, front: true })
  for (const { principal, readUpTo } of members) {
    db.run(
      'UPDATE members SET read_up_to = ? WHERE session = ? AND principal = ?',
      readUpTo,
      key,
      principal,
    )
  }
  const isIdle = !record.run && record.queue.length === 0
  db.run(
    `UPDATE sessions SET fork_of = NULL, fork_up_to = NULL, title = ?, metadata = ?, updated_at = ?, record = ?,
     tag = ?, recency = ?, revision = ?, active = ?, packed = ?, floor = ?, floor_tag = ? WHERE key = ?`,
    title,
    encodeMetadata(metadata),
    updatedAt,
    encodeRecord(record),
    session.tag,
    record.recency,
    cache.nextRevision(),
    isIdle ? 0 : 1,
    record.seq,
    floor,
    floorTag,
    key,
  )
  const body = encodeForgetting(key, session.id)
  return db.run('INSERT INTO log (tag, body) VALUES (?, ?)', tag, body).lastId
}
