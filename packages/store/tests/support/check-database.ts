import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'

import type { Event, Message } from '@caughtup/schema'
import { applyEvent, emptyView } from '@caughtup/schema/fold'

import { listEvents } from '../../src/core/reading/list-events.ts'
import type { Storage } from '../../src/port/storage.ts'

/** A limit that no test reaches. */
export const everything = 1_000_000_000

/** @throws AssertionError unless the file passes SQLite's integrity check */
export function assertIntact(file: string): void {
  const db = new DatabaseSync(file)
  try {
    assert.deepEqual(
      db
        .prepare('PRAGMA integrity_check')
        .all()
        .map((row) => row['integrity_check']),
      ['ok'],
    )
  } finally {
    db.close()
  }
}

/**
 * Reads all entries and messages of a session.
 *
 * @throws AssertionError if the journal has a gap, does not end at the head, or does not fold
 *   to the messages; a journal that begins with `forked` or was imported into only has to count them
 */
export async function readWhole(
  storage: Storage,
  sessionId: string,
): Promise<{ events: Event[]; messages: readonly Message[] }> {
  const { events } = await listEvents(storage, sessionId, {
    filter: {},
    from: 'oldest',
    limit: everything,
    bytes: everything,
  })
  const { messages, head } = await storage.messages(sessionId, {
    messages: everything,
    bytes: everything,
  })
  let view = emptyView
  let folds = true
  for (const event of events) {
    assert.equal(event.from, view.seq + 1, `${sessionId} has a hole after ${view.seq}.`)
    const applied = applyEvent(view, event)
    folds &&= applied.result === 'applied'
    view = applied.result === 'applied' ? applied.view : { ...view, seq: event.seq }
  }
  assert.equal(view.seq, head.seq, `${sessionId}: the journal ends at its head.`)
  const { messageCount } = await storage.state(sessionId)
  assert.equal(messages.length, messageCount, `${sessionId} counts its messages.`)
  if (folds) {
    const { messages: folded, hasOlder: _, skipped: __, ...foldedHead } = view
    assert.deepEqual(messages, folded, `${sessionId}: the window is the journal's fold.`)
    for (const [key, value] of Object.entries(foldedHead)) {
      assert.deepEqual(Reflect.get(head, key), value, `${sessionId}: ${key} is the journal's.`)
    }
  }
  return { events, messages }
}
