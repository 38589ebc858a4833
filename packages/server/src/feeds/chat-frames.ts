import {
  type ChatFrame,
  type Cursor,
  encodeCursor,
  type Message,
  type ReplayMode,
  type ReplayReason,
  type Unmerged,
} from '@caughtup/schema'
import { type Head, headOf } from '@caughtup/schema/fold'
import { protocolVersion } from '@caughtup/schema/protocol'
import type { EventBatch } from '@caughtup/store'

import type { Priced } from '../host/price.ts'
import type { SentFrame } from '../streams/sent-frame.ts'

export function eventsFrame(batch: EventBatch, priced: Priced): SentFrame<ChatFrame> {
  return { ...eventsFrameWithoutId(batch, priced), id: encodeCursor(batch.cursor) }
}

/** Before the `caught-up` of a full replay, an id would promise more than the client has. */
export function eventsFrameWithoutId({ events }: EventBatch, priced: Priced): SentFrame<ChatFrame> {
  const sent = events.map((event) => (event.type === 'usage' ? priced(event) : event))
  return { frame: { type: 'events', events: sent } }
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
  rest: {
    hasOlder: boolean
    open?: Message[]
    unchangedSince?: string
    unmerged?: Unmerged
    priced: Priced
  },
): SentFrame<ChatFrame> {
  const { seq: _, epoch, run, queue, usage, canUndo, canRedo, ...state } = headOf(head)
  const { hasOlder, priced, ...last } = rest
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
    ...(usage && { usage: priced(usage) }),
    ...state,
    canUndo,
    canRedo,
    ...last,
  }
  return { frame, id }
}
