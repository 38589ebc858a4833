import { type EventOf, type QueuedRun, queuedRun } from '@caughtup/schema'

import type { Database, Row } from '../file/database.ts'

/**
 * Writes a change of the queue. Each queued run has its own row, so that a change need not write the
 * whole queue. It must be called in the transaction that writes the session's record.
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
    const steers = add.kind === 'agent' && add.steer === true
    const place = front ? 'min(place) - 1' : steers ? behindSteering : 'max(place) + 1'
    db.run(
      `INSERT INTO queue (session, place, run, body)
       SELECT ?1, coalesce(${place}, 0), ?2, ?3
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

/**
 * A place behind the last run that steers, or before all. It may be between two: places are numbers of
 * which only the order counts, and a queue is too short for their fractions to run out.
 */
const lastSteering =
  "(SELECT max(place) FROM queue WHERE session = ?1 AND json_extract(body, '$.steer') = 1)"
const placeAfter = `(SELECT min(place) FROM queue WHERE session = ?1 AND place > ${lastSteering})`
const behindSteering = `coalesce(
    (${lastSteering} + coalesce(${placeAfter}, ${lastSteering} + 1)) / 2.0,
    min(place) - 1
  )`

/** The queued runs of the session of this row, without damaged ones. */
export function readQueue(db: Database, row: Row): QueuedRun[] {
  // Nearly every session is idle, and a list reads thousands of them, so this saves many queries.
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
