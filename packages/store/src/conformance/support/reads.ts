import assert from 'node:assert/strict'

import {
  type ActivityRow,
  type Event,
  CaughtupError,
  type EventFilter,
  type Message,
  type Page,
} from '@caughtup/schema'

import { readBatch } from '../../core/reading/read-events.ts'
import { listEvents, summarise } from '../../core/reading/list-events.ts'
import { readPage } from '../../core/reading/read-page.ts'
import type { StorageFailure } from '../../port/storage-error.ts'
import type { Storage } from '../../port/storage.ts'
import { StorageError } from '../../port/storage-error.ts'

export const unbounded = { messages: Number.MAX_SAFE_INTEGER, bytes: Number.MAX_SAFE_INTEGER }

/** Ids of the window's messages. */
export async function shownIds(storage: Storage, sessionId: string): Promise<string[]> {
  const { messages } = await storage.messages(sessionId, unbounded)
  return messages.map(({ id }) => id)
}

/** Every page from the newest to the oldest. */
export async function allPages(
  storage: Storage,
  sessionId: string,
  limit = 1_000,
): Promise<Page[]> {
  const pages: Page[] = []
  for (let before: number | undefined = Number.MAX_SAFE_INTEGER; before !== undefined;) {
    const page: Page = await readPage(
      storage,
      sessionId,
      { before },
      { ...unbounded, messages: limit },
    )
    pages.push(page)
    assert.equal(page.hasOlder, page.nextCursor !== null)
    before = page.nextCursor?.before
  }
  return pages
}

/** Every page from the oldest to the newest. */
export async function allPagesOnward(
  storage: Storage,
  sessionId: string,
  limit = 1_000,
): Promise<Page[]> {
  const pages: Page[] = []
  for (let after: number | undefined = 0; after !== undefined;) {
    const page: Page = await readPage(
      storage,
      sessionId,
      { after },
      { ...unbounded, messages: limit },
    )
    pages.push(page)
    assert.equal(page.hasNewer, page.newerCursor !== null)
    after = page.newerCursor?.after
  }
  return pages
}

/** Every message, oldest first. */
export async function allMessages(storage: Storage, sessionId: string): Promise<Message[]> {
  const pages = await allPages(storage, sessionId)
  return pages.reverse().flatMap(({ messages }) => messages)
}

/** Every entry of the journal, each by itself. */
export async function allEvents(
  storage: Storage,
  sessionId: string,
  filter: EventFilter = {},
): Promise<Event[]> {
  const { events, nextCursor } = await listEvents(storage, sessionId, {
    filter,
    from: 'oldest',
    limit: Number.MAX_SAFE_INTEGER,
    bytes: Infinity,
  })
  assert.equal(nextCursor, null)
  return events
}

/** Every row of a principal's session list, and the position of the feed then. */
export async function allRows(
  storage: Storage,
  principal: string,
  limit = 2,
): Promise<{ rows: ActivityRow[]; position: number }> {
  const rows: ActivityRow[] = []
  for (let after: number | undefined; ;) {
    const query = { limit, ...(after !== undefined && { after }) }
    const step = await storage.activity(principal, { by: 'creation', ...query })
    rows.push(...step.rows)
    assert(step.rows.length <= limit)
    if (step.next === undefined) return { rows, position: step.position }
    assert.equal(step.rows.length, limit, 'Every step but the last is full.')
    after = step.next
  }
}

/** One session's row, if the principal has it. */
export async function rowOf(
  storage: Storage,
  principal: string,
  sessionId: string,
): Promise<ActivityRow | undefined> {
  const { rows } = await storage.activity(principal, { by: 'session', sessionId })
  return rows[0]
}

/** What changed after a position, in the order of commits. */
export async function changesAfter(
  storage: Storage,
  principal: string,
  after: number,
  limit: number,
) {
  const query = { by: 'change', after, limit } as const
  const { history: _, ...step } = await storage.activity(principal, query)
  return step
}

/** Every read of a session, to be compared with itself at another time. */
export async function everything(storage: Storage, sessionId: string, principal = 'ann') {
  // Retention moves the floor, and nothing else of the state.
  const { floor: __, ...head } = await storage.state(sessionId)
  // `bytes` is an estimate, which may change when the journal is packed.
  const { bytes: _, ...merged } = await readBatch(storage, sessionId, 0, {
    bytes: Number.MAX_SAFE_INTEGER,
  })
  return {
    session: await storage.session(sessionId),
    head,
    window: await storage.messages(sessionId, unbounded),
    pages: await allPages(storage, sessionId, 3),
    onward: await allPagesOnward(storage, sessionId, 3),
    merged,
    entries: await allEvents(storage, sessionId),
    summary: await summarise(storage, sessionId, {}),
    activity: await rowOf(storage, principal, sessionId),
    found: await storage.search({ text: 'prompt', in: { sessionId }, limit: 1_000 }),
  }
}

/** Asserts that the promise rejects with `NOT_FOUND`. */
export async function assertNotFound(call: Promise<unknown>, what: string): Promise<void> {
  await assert.rejects(
    call,
    (error) => error instanceof CaughtupError && error.code === 'NOT_FOUND',
    what,
  )
}

/** Asserts that the promise rejects with a StorageError of that kind. */
export async function assertFails(
  call: Promise<unknown>,
  failure: StorageFailure,
  what: string,
): Promise<void> {
  await assert.rejects(
    call,
    (error) => error instanceof StorageError && error.failure === failure,
    what,
  )
}

export async function importedCounts(
  storage: Storage,
  sessionId: string,
  identities: readonly string[],
): Promise<Map<string, number>> {
  return (await storage.lookup(sessionId, { identities })).counts
}

export async function usedIds(
  storage: Storage,
  sessionId: string,
  messageIds: readonly string[],
): Promise<Set<string>> {
  return (await storage.lookup(sessionId, { messageIds })).used
}

/** Does all pending maintenance. */
export async function maintainAll(storage: Storage): Promise<void> {
  for (let steps = 0; await storage.maintain({ retention: false }); steps++) {
    assert(steps < 100_000, 'Maintenance must come to an end.')
  }
}

/** The size of a value's JSON in UTF-8. */
export function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value))
}
