import {
  type ChatFrame,
  type Cursor,
  encodeCursor,
  type Message,
  type ReplayMode,
  type ReplayReason,
} from '@caughtup/schema'
import { type Head, headOf } from '@caughtup/schema/fold'
import { protocolVersion } from '@caughtup/schema/protocol'
import type { EventBatch } from '@caughtup/store'

import type { SentFrame } from '../streams/sent-frame.ts'

export function eventsFrame({ events, cursor }: EventBatch): SentFrame<ChatFrame> {
  return { frame: { type: 'events', events }, id: encodeCursor(cursor) }
}

/** Before the `caught-up` of a full replay, an id would promise more than the client has. */
export function eventsFrameWithoutId({ events }: EventBatch): SentFrame<ChatFrame> {
  return { frame: { type: 'events', events } }
}

export function messagesFrame(messages: Message[]): SentFrame<ChatFrame> {
  return { frame: { type: 'messages', messages } }
}

export function replayFrame(
  mode: ReplayMode,
  epoch: number,
  reason?: ReplayReason,
): SentFrame<ChatFrame> {
  const protocol = protocolVersion
  return { frame: { type: 'replay', protocol, mode, epoch, ...(reason && { reason }) } }
}

export function caughtUpFrame(
  mode: ReplayMode,
  head: Head,
  cursor: Cursor,
  rest: { hasOlder: boolean; open?: Message[]; unchangedSince?: string },
): SentFrame<ChatFrame> {
  const { seq: _, epoch, run, queue, canUndo, canRedo, ...state } = headOf(head)
  const { hasOlder, ...last } = rest
  const id = encodeCursor(cursor)
  // In the order that PROTOCOL.md shows.
  const frame: ChatFrame = {
    type: 'caught-up',
    mode,
    cursor: id,
    epoch,
    hasOlder,
    ...(run && { run }),
    queue: [...queue],
    ...state,
    canUndo,
    canRedo,
    ...last,
  }
  return { frame, id }
}
