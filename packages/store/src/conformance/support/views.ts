import assert from 'node:assert/strict'

import type { Event } from '@caughtup/schema'
import { applyEvent, type Head, type View } from '@caughtup/schema/fold'

import { readBatch } from '../../core/reading/read-events.ts'
import { checkCursor } from '../../core/reading/cursor-verdict.ts'
import type { Window } from '../../port/reading.ts'
import type { Storage } from '../../port/storage.ts'
import { unbounded } from './reads.ts'

/** The view that a client makes of a fresh window. */
export function viewOf({ messages, head, hasOlder }: Window): View {
  const { seq, epoch, run, queue, usage, contextUsage, canUndo, canRedo, next } = head
  return {
    seq,
    epoch,
    queue,
    canUndo,
    canRedo,
    next,
    messages,
    hasOlder,
    skipped: 0,
    ...(run && { run }),
    ...(usage && { usage }),
    ...(contextUsage && { contextUsage }),
  }
}

export async function freshView(storage: Storage, sessionId: string): Promise<View> {
  return viewOf(await storage.messages(sessionId, unbounded))
}

/** The view after the events; `undefined` if one of them asks for a window. */
export function foldAll(view: View, events: readonly Event[]): View | undefined {
  let current = view
  for (const event of events) {
    const applied = applyEvent(current, event)
    if (applied.result === 'needs-window') return undefined
    assert.equal(applied.result, 'applied', `${event.type} ${event.from} to ${event.seq}`)
    current = applied.view
  }
  return current
}

/** The members of a view that do not depend on how it was made. */
export function sameIn(view: View): Omit<View, 'hasOlder' | 'skipped'> & Head {
  const { hasOlder: _, skipped: __, ...same } = view
  return same
}

/** Reads from `after` to the end in batches of about `bytes`. */
export async function readOn(
  storage: Storage,
  sessionId: string,
  after: number,
  bytes: number,
): Promise<Event[]> {
  const all: Event[] = []
  for (let seq = after; ;) {
    const { events, cursor, complete } = await readBatch(storage, sessionId, seq, { bytes })
    all.push(...events)
    assert.equal(cursor.seq, events.at(-1)?.seq ?? seq, 'A batch ends at its cursor.')
    assert.equal(await checkCursor(storage, sessionId, cursor), 'ok')
    if (complete) return all
    assert(cursor.seq > seq, 'Every batch but the last moves the cursor.')
    seq = cursor.seq
  }
}
