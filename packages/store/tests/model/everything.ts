import assert from 'node:assert/strict'

import type { Event, Message } from '@caughtup/schema'

import type { Window } from '../../src/port/reading.ts'
import type { Store } from '../../src/store.ts'

/** The messages of the window and of every page before it. */
export async function everyMessage(
  store: Store,
  sessionId: string,
  { messages: newest, hasOlder }: Window,
): Promise<Message[]> {
  const messages = [...newest]
  let before = messages[0]?.order
  for (let more = hasOlder; more;) {
    const page = await store.page(sessionId, before === undefined ? {} : { before })
    assert(page.messages.length > 0, 'A page that was said to be there is empty.')
    assert.equal(page.hasOlder, page.nextCursor !== null)
    assert(
      page.messages.every(({ epoch }) => epoch === page.epoch),
      'A page is of one epoch.',
    )
    messages.unshift(...page.messages)
    before = page.nextCursor?.before
    more = page.hasOlder
  }
  return messages
}

/** Every entry after the floor, which must have no gaps. */
export async function everyEvent(store: Store, sessionId: string, floor: number): Promise<Event[]> {
  const events: Event[] = []
  let last = floor
  for (let next: number | null = floor; next !== null;) {
    const page = await store.journal.list(sessionId, { after: next, limit: 50 })
    for (const event of page.events) {
      assert.equal(event.from, last + 1, `${sessionId}: a hole after ${last}.`)
      events.push(event)
      last = event.seq
    }
    next = page.nextCursor
  }
  return events
}
