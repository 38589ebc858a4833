import type { Event } from '../event/event.ts'
import { mergeOps } from './apply-ops.ts'

/**
 * Joins adjacent deltas of one message into events that cover several seqs (`from` to `seq`).
 * Applying the result gives the same view as applying each event.
 */
export function mergeEvents(events: readonly Event[]): Event[] {
  const merged: Event[] = []
  for (const event of events) {
    const last = merged.at(-1)
    if (
      last?.type === 'message-delta' &&
      event.type === 'message-delta' &&
      last.messageId === event.messageId &&
      last.epoch === event.epoch
    ) {
      merged[merged.length - 1] = { ...event, from: last.from, ops: mergeOps(last.ops, event.ops) }
    } else if (
      last?.type === 'redacted' &&
      event.type === 'redacted' &&
      last.epoch === event.epoch
    ) {
      merged[merged.length - 1] = { ...event, from: last.from }
    } else {
      merged.push(event)
    }
  }
  return merged
}
