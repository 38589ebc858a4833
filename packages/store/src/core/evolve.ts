import { type Event, type EventOf, isNormalEnd } from '@caughtup/schema'
import { applyToHead, emptyHead, type Head } from '@caughtup/schema/fold'

/** What a session's journal says of it as a whole: its head, and what lists and counters need. */
export interface SessionRecord extends Head {
  /** The highest order given to a message so far. */
  readonly lastOrder: number
  /** Messages up to this order are of older epochs, or the summary that opened the newest. */
  readonly epochStart: number
  /** Runs started so far. */
  readonly generation: number
  readonly messageCount: number
  /** `at` of the last user message, normally finished answer or import; of the creation before that. */
  readonly recency: number
  readonly lastMessageAt?: number
}

export function newRecord(createdAt: number): SessionRecord {
  return {
    ...emptyHead,
    lastOrder: 0,
    epochStart: 0,
    generation: 0,
    messageCount: 0,
    recency: createdAt,
  }
}

/** The record after `event`. */
export function applyToRecord(record: SessionRecord, event: Event): SessionRecord {
  if (event.type === 'message-delta') return { ...record, seq: event.seq }
  const { lastOrder, epochStart, generation, messageCount, recency, lastMessageAt } = record
  const next: SessionRecord = {
    ...applyToHead(record, event),
    lastOrder,
    epochStart,
    generation,
    messageCount,
    recency,
    ...(lastMessageAt !== undefined && { lastMessageAt }),
  }
  switch (event.type) {
    case 'message-created':
      return {
        ...withMessage(next, event.message.order, event.at),
        ...(event.message.role === 'user' && { recency: event.at }),
      }
    case 'boundary': {
      const opened = event.summary ? withMessage(next, event.summary.order, event.at) : next
      return { ...opened, epochStart: opened.lastOrder }
    }
    case 'message-deleted':
      return { ...next, messageCount: messageCount - 1 }
    case 'message-erased':
      return { ...next, messageCount: messageCount - event.count }
    case 'history-truncated':
      return { ...next, messageCount: messageCount - event.count }
    case 'history-restored':
      return { ...next, messageCount: messageCount - event.hidden + event.count }
    case 'imported':
      return { ...withArrived(next, event), recency: event.recency ?? event.at }
    case 'forked':
      return { ...withArrived(next, event), recency: event.at }
    case 'message-finished':
      return isNormalEnd(event.reason) ? { ...next, recency: event.at } : next
    case 'run-started':
      return { ...next, generation: event.run.generation }
    case 'run-ended':
    case 'run-changed':
    case 'queue-changed':
    case 'usage':
    case 'message-replaced':
    case 'redacted':
    case 'unreadable':
      return next
  }
}

/** When the session last changed in more than text that streams; `undefined` where nothing did. */
export function changedAt(events: readonly Event[]): number | undefined {
  return events.findLast(({ type }) => type !== 'message-delta')?.at
}

function withMessage(record: SessionRecord, order: number, at: number): SessionRecord {
  return {
    ...record,
    lastOrder: order,
    messageCount: record.messageCount + 1,
    lastMessageAt: at,
  }
}

function withArrived(
  record: SessionRecord,
  { last, count }: EventOf<'imported' | 'forked'>,
): SessionRecord {
  return { ...record, lastOrder: last, messageCount: record.messageCount + count }
}
