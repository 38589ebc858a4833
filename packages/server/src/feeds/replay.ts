import {
  type ChatFrame,
  type Cursor,
  encodeCursor,
  type Event,
  type Limits,
  type ReplayReason,
  type Unmerged,
} from '@caughtup/schema'
import { abortable } from '@caughtup/schema/abortable'
import { historyChanges } from '@caughtup/schema/event'
import { applyEvent, applyToHead, type Head, type View } from '@caughtup/schema/fold'
import type { ReadBatch, Store } from '@caughtup/store'

import { caughtUpFrame, replayFrame } from './chat-frames.ts'
import type { Priced } from '../host/price.ts'
import type { SentFrame } from '../streams/sent-frame.ts'
import type { SharedFrames } from './shared-frames.ts'

/** What to replay. `reason` says why it differs from what was asked for; `from` is the client's place. */
export type ReplayStart =
  | { mode: 'full' | 'live'; reason?: ReplayReason; from?: Cursor }
  | { mode: 'since'; cursor: Cursor }

export interface ReplaySource {
  store: Store
  sessionId: string
  limits: Readonly<Limits>
  frames: SharedFrames
  priced: Priced
  /** Why the session may lack what the host's transcript has. */
  unmerged: Unmerged | undefined
  signal: AbortSignal
}

type Frames<Returned> = AsyncGenerator<SentFrame<ChatFrame>, Returned>

/**
 * Brings a client up to date: `replay`, what it lacks, `caught-up`. Returns the cursor that it ended
 * at. It only reads, and throws on failure, so a client never gets a `caught-up` without everything
 * that belongs before it.
 */
export async function* replay(source: ReplaySource, start: ReplayStart): Frames<Cursor> {
  switch (start.mode) {
    case 'full':
      return yield* replayFull(source, start)
    case 'since':
      return yield* replaySince(source, start.cursor)
    case 'live':
      return yield* replayLive(source, start.reason)
  }
}

async function* replayFull(
  source: ReplaySource,
  { reason, from }: { reason?: ReplayReason; from?: Cursor },
): Frames<Cursor> {
  const { store, sessionId, frames, signal } = source
  for (;;) {
    const { head: opening } = await abortable(store.head(sessionId), signal)
    yield replayFrame('full', opening.epoch, reason)
    const window = await abortable(store.window(sessionId), signal)
    const { messages, head, hasOlder, cursor } = window
    yield* frames.window(window)
    const opened: View = { ...head, messages, hasOlder, skipped: 0 }
    const reached = yield* extendWindow(source, opened, cursor)
    if (!reached) continue
    const { view, cursor: end } = reached
    const isUnchanged = from !== undefined && (await isHistoryUnchanged(source, from, end.seq))
    const unchanged = isUnchanged ? { unchangedSince: encodeCursor(from) } : {}
    yield caughtUpFrame('full', view, end, {
      hasOlder: view.hasOlder,
      ...unchanged,
      ...unmergedOf(source),
      priced: source.priced,
    })
    return end
  }
}

/** Falls back to a full replay if the journal cannot continue from the cursor, or if that costs more. */
async function* replaySince(source: ReplaySource, from: Cursor): Frames<Cursor> {
  const { store, sessionId, signal } = source
  const verdict = await abortable(store.checkCursor(sessionId, from), signal)
  if (verdict !== 'ok') return yield* replayFull(source, { reason: verdict })
  // The head is read before the events: those that come after it are folded into it on the way.
  const { head: opening } = await abortable(store.head(sessionId), signal)
  const missed = await missedSince(source, from)
  if (missed === 'too-far-behind') return yield* replayFull(source, { reason: missed, from })
  if (missed === 'cursor-expired') return yield* replayFull(source, { reason: missed })
  yield replayFrame('since', opening.epoch)
  let head = opening
  let cursor = from
  for (const batch of missed) {
    if (batch.events.length > 0) yield source.frames.events(batch)
    head = batch.events.reduce(extendHead, head)
    ;({ cursor } = batch)
  }
  // The server does not know how far back this client's messages reach.
  yield caughtUpFrame('since', head, cursor, {
    hasOlder: head.epoch > 0,
    ...unmergedOf(source),
    priced: source.priced,
  })
  return cursor
}

async function* replayLive(source: ReplaySource, reason: ReplayReason | undefined): Frames<Cursor> {
  const { store, sessionId, signal } = source
  const { head, cursor, open, messageCount } = await abortable(store.head(sessionId), signal)
  yield replayFrame('live', head.epoch, reason)
  yield caughtUpFrame('live', head, cursor, {
    hasOlder: messageCount > open.length,
    open,
    priced: source.priced,
  })
  return cursor
}

/** The events after a cursor, in batches for one frame each, until none are left. */
async function* batchesAfter(
  { store, sessionId, limits, signal }: ReplaySource,
  from: Cursor,
): AsyncGenerator<ReadBatch, void> {
  for (let { seq, tag } = from, complete = false; !complete;) {
    const reading = store.events(sessionId, seq, { bytes: limits.frameBytes, tag })
    const batch = await abortable(reading, signal)
    yield batch
    ;({ seq, tag } = batch.cursor)
    complete = batch.complete
  }
}

/** The events after a cursor, or the reason why a full replay is better. Holds at most a window's bytes. */
async function missedSince(
  source: ReplaySource,
  cursor: Cursor,
): Promise<ReadBatch[] | 'cursor-expired' | 'too-far-behind'> {
  const missed: ReadBatch[] = []
  let { seq } = cursor
  let bytes = 0
  for await (const batch of batchesAfter(source, cursor)) {
    bytes += batch.bytes
    if (bytes > source.limits.windowBytes) return 'too-far-behind'
    const [first] = batch.events
    // Retention has removed events since the cursor was checked, or between two batches.
    if (first && first.from > seq + 1) return 'cursor-expired'
    missed.push(batch)
    ;({ seq } = batch.cursor)
  }
  return missed
}

/** Whether no event from a cursor to a seq changed messages that were finished before. */
async function isHistoryUnchanged(
  { store, sessionId, signal }: ReplaySource,
  from: Cursor,
  upTo: number,
): Promise<boolean> {
  const types = [...historyChanges]
  const query = { types, after: from.seq, before: upTo + 1, limit: 1 }
  const { events } = await abortable(store.journal.list(sessionId, query), signal)
  if (events.length > 0) return false
  // The list lacks events that retention removed meanwhile; then the cursor is no longer valid.
  return (await abortable(store.checkCursor(sessionId, from), signal)) === 'ok'
}

/**
 * Sends the events after a window and applies them to it. Returns undefined when the client needs
 * another window, because of an event or because retention has removed some.
 */
async function* extendWindow(
  source: ReplaySource,
  view: View,
  cursor: Cursor,
): Frames<{ view: View; cursor: Cursor } | undefined> {
  for await (const batch of batchesAfter(source, cursor)) {
    let { seq } = cursor
    for (const event of batch.events) {
      if (event.from > seq + 1) return undefined
      const applied = applyEvent(view, event)
      if (applied.result === 'needs-window') return undefined
      ;({ view } = applied)
      ;({ seq } = event)
    }
    if (batch.events.length > 0) yield source.frames.eventsWithoutId(batch)
    ;({ cursor } = batch)
  }
  return { view, cursor }
}

function unmergedOf({ unmerged }: ReplaySource): { unmerged?: Unmerged } {
  return unmerged ? { unmerged } : {}
}

function extendHead(head: Head, event: Event): Head {
  return event.seq <= head.seq ? head : applyToHead(head, event)
}
