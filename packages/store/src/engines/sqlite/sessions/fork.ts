import { type ForkedMessages, forkedRecord } from '../../../core/sessions/forked-record.ts'
import { appendEvent, type Segment } from '../../../journal/segment.ts'
import { sessionNotFound } from '../../../errors/session-errors.ts'
import type { CommitContext } from '../log/commit.ts'
import type { Database, Row } from '../file/database.ts'
import { encodeEntry } from '../codec/log-codec.ts'
import { messageIn } from '../rows/message-rows.ts'
import { packEntries } from '../log/pack.ts'
import { encodeRecord } from '../rows/record-row.ts'
import { deleteRows } from './session-rows.ts'

/** The most messages, and bytes of them, that one step copies. */
const stepMessages = 500
const stepBytes = 2 * 1024 * 1024

/**
 * The row of a fork whose messages are still being copied; `undefined` for a complete session.
 *
 * @throws CaughtupError `NOT_FOUND`
 */
export function forkRow(db: Database, sessionId: string): Row | undefined {
  const row = db.get('SELECT * FROM sessions WHERE id = ?', sessionId)
  if (!row) throw sessionNotFound(sessionId)
  return Number(row['fork_of'] ?? 0) > 0 ? row : undefined
}

/**
 * Copies the next messages into an incomplete fork. Must run in a transaction. The last step writes
 * the first entry of the fork's journal and makes the fork visible. If the source was deleted, the
 * fork is deleted too.
 */
export function copyFork(
  row: Row,
  { db, cache, tag }: CommitContext,
): { left: 'more' | 'source-gone' } | { left: 'nothing'; logId: number } {
  const key = Number(row['key'])
  const source = Number(row['fork_of'])
  if (!db.get('SELECT 1 FROM sessions WHERE key = ?', source)) {
    deleteRows(db, key)
    return { left: 'source-gone' }
  }
  const copied = Number(
    db.get('SELECT max(ord) AS last FROM messages WHERE session = ?', key)?.['last'] ?? 0,
  )
  const upTo = stepEnd(db, source, copied, Number(row['fork_up_to']))
  if (upTo !== undefined) {
    // A fork's journal begins with one entry that stands for all copied messages, so their revision
    // is 1.
    db.run(
      `INSERT INTO messages (session, ord, id, epoch, role, open, created, author, body)
       SELECT ?, ord, id, epoch, role, open, created, author, json_remove(json_set(body, '$.revision', 1), '$.version') FROM messages
       WHERE ${copyable}`,
      key,
      source,
      copied,
      upTo,
    )
    db.run(
      'INSERT INTO unindexed (key) SELECT key FROM messages WHERE session = ? AND ord > ?',
      key,
      copied,
    )
    return { left: 'more' }
  }
  const { record, event } = forkedRecord(copiedMessages(db, key), Number(row['created_at']))
  const first: Segment[] = []
  appendEvent(first, event, tag)
  packEntries(db, key, first)
  const body = encodeEntry(key, event)
  const { lastId: logId } = db.run('INSERT INTO log (tag, body) VALUES (?, ?)', tag, body)
  db.run(
    `UPDATE sessions SET fork_of = NULL, fork_up_to = NULL, record = ?, tag = ?, packed = 1,
     recency = ?, revision = ? WHERE key = ?`,
    encodeRecord(record),
    tag,
    record.recency,
    cache.nextRevision(),
    key,
  )
  // Rows that were imported into the source count as imported into the fork, so that importing them
  // again adds nothing, even those that the fork left out.
  db.run(
    `INSERT INTO remembered (session, kind, id, count)
     SELECT ?, kind, id, count FROM remembered WHERE session = ? AND kind = 'import'`,
    key,
    Number(row['fork_of']),
  )
  // Its members have read the copied messages in the source.
  db.run('UPDATE members SET read_up_to = ? WHERE session = ?', record.lastOrder, key)
  return { left: 'nothing', logId }
}

/** Which messages of the source are copied: shown, finished, and not damaged. */
const copyable =
  'session = ? AND ord > ? AND ord <= ? AND hidden = 0 AND open = 0 AND json_valid(body)'

/** The order of the last message that the next step copies; `undefined` when nothing is left. */
function stepEnd(db: Database, source: number, after: number, upTo: number): number | undefined {
  let bytes = 0
  let end: number | undefined
  const rows = db.iterate(
    `SELECT ord, octet_length(body) AS bytes FROM messages WHERE ${copyable} ORDER BY ord LIMIT ?`,
    source,
    after,
    upTo,
    stepMessages,
  )
  for (const row of rows) {
    bytes += Number(row['bytes'])
    if (end !== undefined && bytes > stepBytes) break
    end = Number(row['ord'])
  }
  return end
}

function copiedMessages(db: Database, key: number): ForkedMessages {
  const row = db.get(
    `SELECT count(*) AS n, coalesce(min(ord), 0) AS first, coalesce(max(ord), 0) AS last,
     coalesce(max(epoch), 0) AS epoch FROM messages WHERE session = ?`,
    key,
  )
  const epoch = Number(row?.['epoch'] ?? 0)
  const bodies = (order: 'ASC' | 'DESC', limit: number) =>
    db
      .all(
        `SELECT ord, id, epoch, body FROM messages WHERE session = ? AND epoch = ?
         ORDER BY ord ${order} LIMIT ?`,
        key,
        epoch,
        limit,
      )
      .flatMap((each) => messageIn(db, each) ?? [])
  const prompt = db.get(
    `SELECT ord FROM messages WHERE session = ? AND epoch = ? AND role = 'user'
     ORDER BY ord DESC LIMIT 1`,
    key,
    epoch,
  )
  return {
    count: Number(row?.['n'] ?? 0),
    first: Number(row?.['first'] ?? 0),
    last: Number(row?.['last'] ?? 0),
    epoch,
    epochFirst: bodies('ASC', 1)[0],
    newest: bodies('DESC', 10),
    newestPrompt: prompt && Number(prompt['ord']),
  }
}
