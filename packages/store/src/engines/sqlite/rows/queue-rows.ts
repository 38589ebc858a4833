import { type EventOf, type QueuedRun, queuedRun } from '@caughtup/schema'

import type { Database, Row } from '../file/database.ts'

/**
 * A row for each run that waits, so that a change of the queue writes what it brings and no more.
 * They are the queue as of their session's record, which is written in the same transaction.
 */
export function writeQueueChange(
  db: Database,
  session: number,
  {
    add,
    front,
    remove,
    replace,
  }: Pick<EventOf<'queue-changed'>, 'add' | 'front' | 'remove' | 'replace'>,
): void {
  const left = remove ?? add?.runId
  if (left !== undefined) db.run('DELETE FROM queue WHERE session = ? AND run = ?', session, left)
  if (add) {
    db.run(
      `INSERT INTO queue (session, place, run, body)
       SELECT ?1, coalesce(${front ? 'min(place) - 1' : 'max(place) + 1'}, 0), ?2, ?3
       FROM queue WHERE session = ?1`,
      session,
      add.runId,
      JSON.stringify(add),
    )
  }
  if (replace) {
    db.run(
      'UPDATE queue SET body = ? WHERE session = ? AND run = ?',
      JSON.stringify(replace),
      session,
      replace.runId,
    )
  }
}

/** What waits in the session of this row; a damaged one is left out. */
export function readQueue(db: Database, row: Row): QueuedRun[] {
  // Nearly every session rests, and lists read them by the thousand.
  if (Number(row['active']) === 0) return []
  const rows = db.all('SELECT body FROM queue WHERE session = ? ORDER BY place', Number(row['key']))
  return rows.flatMap(({ body }) => {
    const queued = decode(String(body))
    if (!queued) db.unreadable++
    return queued ?? []
  })
}

function decode(body: string): QueuedRun | undefined {
  try {
    return queuedRun.safeParse(JSON.parse(body)).data
  } catch {
    return undefined
  }
}
