import {
  CaughtupError,
  type ChatFrame,
  type Cursor,
  decodeCursor,
  type OnChatInput,
  preview,
} from '@caughtup/schema'
import { abortable } from '@caughtup/schema/abortable'

import type { SentFrame } from './frames.ts'
import { LiveFrames } from './live-frames.ts'
import { replay, type ReplaySource, type ReplayStart } from './replay.ts'

/**
 * A session's frames for one client: a replay, then the journal as it grows. A client that falls
 * further behind than a replay costs gets another replay on the same stream.
 *
 * Returns when the store closes; throws `NOT_FOUND` when the session is deleted.
 */
export async function* sessionStream(
  source: ReplaySource,
  start: ReplayStart,
): AsyncGenerator<SentFrame<ChatFrame>, void> {
  let next: ReplayStart | undefined = start
  while (next) {
    const reached: Cursor = yield* replay(source, next)
    const left: Cursor | undefined = yield* follow(source, reached)
    const mode = start.mode === 'live' ? 'live' : 'full'
    next = left && { mode, reason: 'too-far-behind', from: left }
  }
  // A follower ends when its session is deleted or the store closes: reading the session tells which.
  await source.store.head(source.sessionId)
}

/** Where a stream starts: a browser's `Last-Event-ID` is newer than the input that it sends again. */
export function startOf({ mode }: OnChatInput, lastEventId: string | undefined): ReplayStart {
  if (lastEventId) return { mode: 'since', cursor: readCursor('lastEventId', lastEventId) }
  return mode.type === 'since'
    ? { mode: 'since', cursor: readCursor('mode.cursor', mode.cursor) }
    : { mode: mode.type }
}

/** Yields batches until the follower ends; returns its place if the client fell too far behind. */
async function* follow(
  { store, sessionId, signal }: ReplaySource,
  from: Cursor,
): AsyncGenerator<SentFrame<ChatFrame>, Cursor | undefined> {
  const frames = new LiveFrames(store, sessionId)
  let reached = from
  for await (const batch of store.follow(sessionId, from.seq, { signal })) {
    // A follower's batch holds as much as a window may, so events beyond it cost more than a window.
    if (batch.isBehind) return reached
    const frame = frames.of(batch)
    yield frame instanceof Promise ? await abortable(frame, signal) : frame
    reached = batch.cursor
  }
  return undefined
}

function readCursor(field: string, text: string): Cursor {
  const cursor = decodeCursor(text)
  if (cursor) return cursor
  const value = preview(text)
  throw new CaughtupError('BAD_INPUT', `${field} is not a valid cursor: ${value}`, { field, value })
}
