import type { Cursor, EventType } from '@caughtup/schema'
import { mergeEvents } from '@caughtup/schema/fold'

import { readBatch } from '../../src/core/reading/read-events.ts'
import type { PagePlace } from '../../src/port/reading.ts'
import type { Retention, Storage } from '../../src/port/storage.ts'
import type { CursorChange, FilterSpec, PageSide } from './call.ts'

const eventTypes: readonly EventType[] = [
  'message-created',
  'message-delta',
  'message-finished',
  'boundary',
  'run-started',
  'run-ended',
  'run-changed',
  'queue-changed',
  'usage',
  'message-replaced',
  'message-deleted',
  'history-truncated',
  'history-restored',
  'imported',
  'forked',
  'message-erased',
  'redacted',
  'unreadable',
]

/** Everything after a position, independent of batches. */
export async function readOn(
  storage: Storage,
  id: string,
  { after, bytes }: { after: number; bytes: number },
) {
  const events = []
  let cursor: Cursor
  for (let seq = after; ;) {
    const batch = await readBatch(storage, id, seq, { bytes })
    events.push(...batch.events)
    cursor = batch.cursor
    if (batch.complete) return { events: mergeEvents(events), cursor }
    seq = cursor.seq
  }
}

/** The owner, and then the other members, which have no order. */
export function byOwner([owner, ...others]: readonly string[]) {
  return { owner, others: others.toSorted() }
}

/** Every page of a list. */
export async function pages<After, Page extends { next?: After }>(
  read: (query: { after?: After; limit: number }) => Promise<Page>,
  limit: number,
): Promise<Page[]> {
  const found: Page[] = []
  for (let after: After | undefined; ;) {
    const page = await read({ limit, ...(after !== undefined && { after }) })
    found.push(page)
    after = page.next
    if (after === undefined) return found
  }
}

export async function maintainAll(storage: Storage, retention: Retention): Promise<void> {
  for (let steps = 0; await storage.maintain({ retention }); steps++) {
    if (steps > 10_000) throw new Error('Upkeep does not end.')
  }
}

export function placeOf({ side, order }: { side: PageSide; order: number }): PagePlace {
  switch (side) {
    case 'before':
      return { before: order }
    case 'after':
      return { after: order }
    case 'around':
      return { around: order }
  }
}

export function filterOf({ types, ...rest }: FilterSpec) {
  return { ...rest, ...(types && { types: types.flatMap((index) => eventTypes[index] ?? []) }) }
}

export function changed(
  newest: Cursor,
  pick: number,
  change: Exclude<CursorChange, 'none'>,
): Cursor {
  const cursor = { ...newest, seq: pick % (newest.seq + 2) }
  switch (change) {
    case 'seq':
      return cursor
    case 'tag':
      return { ...cursor, tag: 'other' }
    case 'empty':
      return { ...cursor, tag: '' }
    case 'journal':
      return { ...cursor, journal: 'other' }
  }
}
