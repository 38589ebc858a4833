import assert from 'node:assert/strict'

import {
  activityRow,
  type Event,
  event as eventSchema,
  type Message,
  message as messageSchema,
} from '@caughtup/schema'

import { readBatch } from '../../src/core/reading/read-events.ts'
import { listEvents, summarise } from '../../src/core/reading/list-events.ts'
import { checkCursor } from '../../src/core/reading/cursor-verdict.ts'
import { readPage } from '../../src/core/reading/read-page.ts'
import type { Storage } from '../../src/port/storage.ts'
import { finished, prompt, runEnded, undo } from '../../src/conformance/support/drafts.ts'

/** More steps than any read of these sessions takes: a read that takes them loops. */
const mostSteps = 2_000

/** The results of every kind of read of a session. */
export interface Reading {
  events: Event[]
  messages: Message[]
  entries: number
}

/**
 * Reads a session in every way: forwards in small batches, backwards, page by page.
 *
 * @throws AssertionError if a read does not reach the end, or returns what a client would refuse
 */
export async function readOn(storage: Storage, sessionId: string): Promise<Reading> {
  const { cursor, open } = await storage.state(sessionId)
  const { floor } = await summarise(storage, sessionId, {})
  const events: Event[] = []
  let steps = 0
  const step = () => assert(++steps < mostSteps, `A reader of ${sessionId} goes in circles.`)
  for (let after = floor, complete = false; !complete; step()) {
    const batch = await readBatch(storage, sessionId, after, { bytes: 300 })
    for (const event of batch.events) {
      assert.equal(event.from, after + 1, `${sessionId} has a hole after ${after}.`)
      eventSchema.parse(event)
      after = event.seq
      events.push(event)
    }
    complete = batch.complete
    await checkCursor(storage, sessionId, batch.cursor)
  }
  assert.equal(events.at(-1)?.seq ?? floor, cursor.seq, `A reader of ${sessionId} gets to its end.`)

  if (events.some(({ type }) => type === 'unreadable')) {
    assert(storage.stats().unreadable > 0, 'What cannot be read is counted.')
  }

  const { messages } = await storage.messages(sessionId, { messages: 3, bytes: 100_000 })
  let before = messages[0]?.order ?? Number.MAX_SAFE_INTEGER
  for (let more = true; more; step()) {
    const page = await readPage(storage, sessionId, { before }, { messages: 2, bytes: Infinity })
    messages.unshift(...page.messages)
    more = page.nextCursor !== null
    before = page.nextCursor?.before ?? 0
  }
  for (const message of [...messages, ...open]) messageSchema.parse(message)
  const orders = messages.map(({ order }) => order)
  assert.deepEqual(
    orders,
    [...new Set(orders)].sort((a, b) => a - b),
    'Each message is there once.',
  )
  for (const { id } of messages) await storage.message(sessionId, id)

  let entries = 0
  for (let end: number | null = cursor.seq + 1; end !== null; step()) {
    const list = await listEvents(storage, sessionId, {
      filter: { before: end },
      from: 'newest',
      limit: 5,
      bytes: Infinity,
    })
    for (const event of list.events) eventSchema.parse(event)
    entries += list.events.length
    end = list.nextCursor
  }
  await storage.ledgers(sessionId, { from: 0, upTo: 9 })
  await storage.lookup(sessionId, { messageIds: ['m'] })
  return { events, messages, entries }
}

/** Reads everything that covers all sessions of a principal. */
export async function listOn(storage: Storage, principal: string): Promise<string[]> {
  const { sessions } = await storage.sessions(principal, { limit: 100 })
  const { rows } = await storage.activity(principal, { by: 'creation', limit: 100 })
  for (const row of rows) activityRow.parse(row)
  await storage.activeRuns()
  await storage.prompts({ author: principal, limit: 100, bytes: 1e9 })
  await storage.idleSessions({ until: Infinity, limit: 100 })
  await storage.search({ text: 'answer', in: { principal }, limit: 10 })
  return sessions.map(({ id }) => id).sort()
}

/** Continues to write: ends runs, undoes a turn, adds one; each may be refused. */
export async function writeOn(storage: Storage, sessionId: string): Promise<void> {
  const { head, open } = await storage.state(sessionId)
  const finishes = open.map(({ id }) => finished(id, 'lost'))
  const ends = head.run ? [runEnded(head.run.id)] : []
  for (const drafts of [[...finishes, ...ends], [undo], [prompt('new')]]) {
    const [result] = await storage.commit([{ sessionId, at: 1, drafts }])
    assert(result, 'A commit answers for each slice.')
  }
}

/** Does maintenance until nothing is left to do. */
export async function maintainAll(storage: Storage): Promise<void> {
  for (let steps = 0; await storage.maintain({ retention: { age: 1e15, events: 20 } });) {
    assert(++steps < mostSteps, 'Upkeep goes in circles.')
  }
}
