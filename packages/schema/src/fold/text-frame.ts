import type { Event, EventOf } from '../event/event.ts'
import type { Append } from '../event/op.ts'
import type { ChatFrameOf } from '../wire/frame.ts'
import type { View } from './view.ts'

type TextFrame = ChatFrameOf<'text'>

/** A delta that appends text to one part and changes nothing else. */
export type PlainText = EventOf<'message-delta'> & { ops: [Append] }

/** Whether a `text` frame can stand for the event. */
export function isPlainText(event: Event): event is PlainText {
  if (event.type !== 'message-delta' || event.ops.length !== 1) return false
  const [op] = event.ops
  return op?.op === 'append' && !op.done && !op.providerMetadata && !op.citations && !event.runId
}

/** The event as a frame, about the message with this order. */
export function textFrameOf({ seq, from, ops: [op] }: PlainText, order: number): TextFrame {
  const { part, text } = op
  return { type: 'text', seq, ...(from !== seq && { from }), order, part, text }
}

/**
 * The event that a frame stands for, to be applied to these messages or to the view that has them. Its
 * `at` is 0: the frame has none, and no fold reads that of a delta.
 */
export function eventOfText(
  { seq, from = seq, order, part, text }: TextFrame,
  { epoch, messages }: Pick<View, 'epoch' | 'messages'>,
): EventOf<'message-delta'> {
  // Nearly always the last message. If it is not loaded, the event only advances the view: no message
  // has an empty id.
  const messageId = messages.findLast((message) => message.order === order)?.id ?? ''
  const ops: Append[] = [{ op: 'append', part, text }]
  return { type: 'message-delta', seq, from, epoch, at: 0, messageId, ops }
}
