import type { Event } from '../event/event.ts'
import { mergeOps } from './apply-ops.ts'

/**
 * Joins neighbouring deltas of one message into events that cover several seqs (`from` to `seq`).
 * A view that applies the result equals one that applied every event by itself.
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
