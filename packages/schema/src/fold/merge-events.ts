import type { Event } from '../event/event.ts'
import type { Op } from '../event/op.ts'
import { appended } from './apply-ops.ts'

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

/**
 * The shortest list of ops with the same effect as `first` followed by `second`: appends to a part
 * are joined, an append to a part that was put extends it, a put replaces earlier ops on its part,
 * and the newest custom metadata those before.
 */
export function mergeOps(first: readonly Op[], second: readonly Op[]): Op[] {
  const merged = [...first]
  const lastOf = new Map<number | 'custom', number>()
  merged.forEach((op, index) => lastOf.set(placeOf(op), index))
  for (const op of second) {
    const index = lastOf.get(placeOf(op))
    const earlier = index === undefined ? undefined : merged[index]
    if (index === undefined || earlier === undefined) {
      lastOf.set(placeOf(op), merged.push(op) - 1)
    } else {
      merged[index] = joined(earlier, op)
    }
  }
  return merged
}

/** What an op changes; ops on different places can be in any order. */
function placeOf(op: Op): number | 'custom' {
  return op.op === 'custom' ? op.op : op.part
}

/** Two ops on one place. */
function joined(earlier: Op, later: Op): Op {
  if (later.op !== 'append' || earlier.op === 'custom') return later
  if (earlier.op === 'put') {
    return { ...earlier, value: appended(earlier.value, later) }
  }
  return { ...earlier, ...later, text: earlier.text + later.text }
}
