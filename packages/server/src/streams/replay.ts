import { Buffer } from 'node:buffer'

import {
  type ChatFrame,
  type Cursor,
  encodeCursor,
  type Event,
  type Limits,
  type Message,
  type ReplayMode,
  type ReplayReason,
} from '@caughtup/schema'
import { applyEvent, applyToHead, headOf, type Head, type View } from '@caughtup/schema/fold'
import type { EventBatch, Store } from '@caughtup/store'
import { withEventMeta } from '@orpc/server'

import { abortable } from '@caughtup/schema/abortable'
import { historyChanges } from '@caughtup/schema/event'

import { chunks } from './chunks.ts'

/** What to replay; `reason` says why it is not what was asked for, `from` where the client stands. */
export type ReplayStart =
  | { mode: 'full' | 'live'; reason?: ReplayReason; from?: Cursor }
  | { mode: 'since'; cursor: Cursor }

export interface ReplaySource {
  store: Store
  sessionId: string
  limits: Readonly<Limits>
  signal: AbortSignal
}

/**
 * Brings a client up to date: `replay`, what it lacks, `caught-up`. Returns where it ended.
 * It only reads, and a failure on the way is thrown: never is there a `caught-up` without all
 * that belongs before it.
 */
export async function* replay(
  source: ReplaySource,
  asked: ReplayStart,
): AsyncGenerator<ChatFrame, Cursor> {
  const start = asked.mode === 'since' ? await servable(source, asked.cursor) : asked
  switch (start.mode) {
    case 'full':
      return yield* replayFull(source, start)
    case 'since':
      return yield* replaySince(source, start.cursor)
    case 'live':
      return yield* replayLive(source, start.reason)
  }
}

/** An `events` frame; its id says where a client that saw it stands. */
export function eventsFrame({ events, cursor }: EventBatch): ChatFrame {
  return withEventMeta({ type: 'events', events }, { id: encodeCursor(cursor) })
}

async function* replayFull(
  source: ReplaySource,
  { reason, from }: { reason?: ReplayReason; from?: Cursor },
): AsyncGenerator<ChatFrame, Cursor> {
  const { store, sessionId, limits, signal } = source
  for (;;) {
    const { head: opening } = await abortable(store.head(sessionId), signal)
    yield replayFrame('full', opening.epoch, reason)
    const { messages, head, hasOlder, cursor } = await abortable(store.window(sessionId), signal)
    for (const chunk of chunks(messages, limits.frameBytes)) {
      yield { type: 'messages', messages: chunk }
    }
    // What the client makes of it: it may need another window for what came meanwhile.
    const view: View = { ...head, messages, hasOlder, skipped: 0 }
    const reached = yield* catchUp(source, { state: view, cursor }, extend, withoutId)
    if (!reached) continue
    const { state, cursor: end } = reached
    const isUnchanged = from !== undefined && (await isHistoryUnchanged(source, from, end.seq))
    const unchanged = isUnchanged ? { unchangedSince: encodeCursor(from) } : {}
    yield caughtUpFrame('full', state, end, { hasOlder: state.hasOlder, ...unchanged })
    return end
  }
}

async function* replaySince(source: ReplaySource, from: Cursor): AsyncGenerator<ChatFrame, Cursor> {
  // The head is read first: what comes after it is folded into it on the way.
  const { head: opening } = await abortable(source.store.head(source.sessionId), source.signal)
  yield replayFrame('since', opening.epoch)
  const start = { state: opening, cursor: from }
  const reached = yield* catchUp(source, start, extendHead, eventsFrame)
  if (!reached) return yield* replayFull(source, { reason: 'cursor-expired' })
  const { state, cursor } = reached
  // How far back this client reaches is for the client to know.
  yield caughtUpFrame('since', state, cursor, { hasOlder: state.epoch > 0 })
  return cursor
}

async function* replayLive(
  source: ReplaySource,
  reason: ReplayReason | undefined,
): AsyncGenerator<ChatFrame, Cursor> {
  const { store, sessionId, signal } = source
  const { head, cursor, open, messageCount } = await abortable(store.head(sessionId), signal)
  yield replayFrame('live', head.epoch, reason)
  yield caughtUpFrame('live', head, cursor, { hasOlder: messageCount > open.length, open })
  return cursor
}

/** `since` where the journal goes on from the cursor and it costs no more than `full` would. */
async function servable(source: ReplaySource, cursor: Cursor): Promise<ReplayStart> {
  const { store, sessionId, limits, signal } = source
  const verdict = await abortable(store.checkCursor(sessionId, cursor), signal)
  if (verdict !== 'ok') return { mode: 'full', reason: verdict }
  const missed = await abortable(
    store.events(sessionId, cursor.seq, { bytes: limits.windowBytes }),
    signal,
  )
  // A batch holds its last event whatever the size, so being complete is not enough.
  const bytes = Buffer.byteLength(JSON.stringify(missed.events))
  return missed.complete && bytes <= limits.windowBytes
    ? { mode: 'since', cursor }
    : { mode: 'full', reason: 'too-far-behind', from: cursor }
}

/** Whether nothing from a cursor to a seq touched messages that were finished before. */
async function isHistoryUnchanged(
  { store, sessionId, signal }: ReplaySource,
  from: Cursor,
  upTo: number,
): Promise<boolean> {
  const types = [...historyChanges]
  const query = { types, after: from.seq, before: upTo + 1, limit: 1 }
  const { events } = await abortable(store.journal.list(sessionId, query), signal)
  if (events.length > 0) return false
  // What retention removed meanwhile was not among the entries that were looked through.
  return (await abortable(store.checkCursor(sessionId, from), signal)) === 'ok'
}

/**
 * Events after the cursor, until nothing lies after them, and the state that `step` folds them
 * into. Nothing where they cannot be gone on from: `step` says so, or some of them are gone.
 */
async function* catchUp<State>(
  { store, sessionId, limits, signal }: ReplaySource,
  { state, cursor }: { state: State; cursor: Cursor },
  step: (state: State, event: Event) => State | undefined,
  frame: (batch: EventBatch) => ChatFrame,
): AsyncGenerator<ChatFrame, { state: State; cursor: Cursor } | undefined> {
  for (;;) {
    const batch = await abortable(
      store.events(sessionId, cursor.seq, { bytes: limits.frameBytes }),
      signal,
    )
    let { seq } = cursor
    for (const event of batch.events) {
      const next = event.from > seq + 1 ? undefined : step(state, event)
      if (!next) return undefined
      state = next
      seq = event.seq
    }
    if (batch.events.length > 0) yield frame(batch)
    ;({ cursor } = batch)
    if (batch.complete) return { state, cursor }
  }
}

function extend(view: View, event: Event): View | undefined {
  const applied = applyEvent(view, event)
  return applied.result === 'needs-window' ? undefined : applied.view
}

function extendHead(head: Head, event: Event): Head {
  return event.seq <= head.seq ? head : applyToHead(head, event)
}

/** Before the `caught-up` of a full replay an id would promise more than the client has. */
function withoutId({ events }: EventBatch): ChatFrame {
  return { type: 'events', events }
}

function replayFrame(mode: ReplayMode, epoch: number, reason?: ReplayReason): ChatFrame {
  return { type: 'replay', mode, epoch, ...(reason && { reason }) }
}

function caughtUpFrame(
  mode: ReplayMode,
  head: Head,
  cursor: Cursor,
  rest: { hasOlder: boolean; open?: Message[]; unchangedSince?: string },
): ChatFrame {
  const { seq: _, queue, ...state } = headOf(head)
  const id = encodeCursor(cursor)
  return withEventMeta(
    {
      type: 'caught-up',
      mode,
      cursor: id,
      ...state,
      queue: [...queue],
      ...rest,
    },
    { id },
  )
}
