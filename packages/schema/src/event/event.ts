import * as z from 'zod'

import { count, id, timestamp } from '../base/id.ts'
import { boundaryKind, boundaryTrigger, finishReason, message, runError } from '../model/message.ts'
import { op } from './op.ts'
import { queuedRun, run } from '../model/run.ts'
import type { SchemaOf, UnionOf } from '../base/schema-of.ts'
import { contextUsage, ledgerMembers, usage } from '../model/usage.ts'

/** What every journal entry has. */
const entry = {
  /** Its place in the session's journal: 1, 2, 3 …, never renumbered, never reused. */
  seq: count,
  /** The first seq it covers; less than `seq` only where deltas were merged for a reader. */
  from: count,
  epoch: count,
  at: timestamp,
  runId: id.exactOptional(),
}

const messageCreated = z.object({ ...entry, type: z.literal('message-created'), message })

const messageDelta = z.object({
  ...entry,
  type: z.literal('message-delta'),
  messageId: id,
  ops: z.array(op),
})

const messageFinished = z.object({
  ...entry,
  type: z.literal('message-finished'),
  messageId: id,
  reason: finishReason,
  usage: usage.exactOptional(),
  contextUsage: contextUsage.exactOptional(),
  error: runError.exactOptional(),
})

/** Opens epoch `epoch`; a compaction brings the summary that is its first message. */
const boundary = z.object({
  ...entry,
  type: z.literal('boundary'),
  kind: boundaryKind,
  trigger: boundaryTrigger,
  summary: message.exactOptional(),
})

const runStarted = z.object({ ...entry, type: z.literal('run-started'), run })

const runEnded = z.object({
  ...entry,
  type: z.literal('run-ended'),
  runId: id,
  reason: finishReason,
  error: runError.exactOptional(),
})

/** What changed of the queue: one of these, so that an entry costs what it brings. */
const queueChanged = z
  .object({
    ...entry,
    type: z.literal('queue-changed'),
    /** Put at the end of the queue, or with `front` at its front. */
    add: queuedRun.exactOptional(),
    front: z.literal(true).exactOptional(),
    /** The run that left the queue. */
    remove: id.exactOptional(),
    /** What waits under this `runId` from here on, in its place. */
    replace: queuedRun.exactOptional(),
  })
  .refine(
    ({ add, front, remove, replace }) =>
      [add, remove, replace].filter((change) => change !== undefined).length === 1 &&
      (add || !front),
    'must have one of `add` (with or without `front`), `remove` and `replace`',
  )

/** The ledger as it is from here on. */
const usageChanged = z.object({
  ...entry,
  ...ledgerMembers,
  type: z.literal('usage'),
})

/** Whether the session has a turn to take back, or one that was taken back, from here on. */
const undoState = { canUndo: z.boolean(), canRedo: z.boolean() }

/** The run waits for a tool's answer, or goes on with it. */
const runChanged = z.object({
  ...entry,
  type: z.literal('run-changed'),
  runId: id,
  status: z.enum(['streaming', 'waiting']),
})

/** The message has a new whole; its order stays. */
const messageReplaced = z.object({ ...entry, type: z.literal('message-replaced'), message })

const messageDeleted = z.object({
  ...entry,
  ...undoState,
  type: z.literal('message-deleted'),
  messageId: id,
})

/** The newest epoch's messages of an order above `after` are gone; by an undo until a redo. */
const historyTruncated = z.object({
  ...entry,
  ...undoState,
  type: z.literal('history-truncated'),
  after: count,
  /** Messages removed. */
  count,
})

/** The messages of the newest undo are back in their places. */
const historyRestored = z.object({
  ...entry,
  ...undoState,
  type: z.literal('history-restored'),
  messages: z.array(message),
})

/** A stretch of messages that came at once and are not in the journal: the view takes a window. */
const arrived = {
  ...entry,
  ...undoState,
  /** Messages, and the orders of the first and the last of them. */
  count,
  first: count,
  last: count,
}
const imported = z.object({
  ...arrived,
  type: z.literal('imported'),
  /** The session's recency from here on, where it is not `at`. */
  recency: timestamp.exactOptional(),
})
const forked = z.object({ ...arrived, type: z.literal('forked') })

/** The messages are gone with everything that the journal said of them. */
const messageErased = z.object({
  ...entry,
  ...undoState,
  type: z.literal('message-erased'),
  messageIds: z.array(id),
  /** How many of them were shown until now; others were deleted, truncated or undone before. */
  count,
})

/** What an erased message's entries have become; there is nothing to apply. */
const redacted = z.object({ ...entry, type: z.literal('redacted') })

/** Stands in for stored entries that cannot be decoded, so that a reader can pass them. */
const unreadable = z.object({ ...entry, type: z.literal('unreadable') })

const eventUnion = z.discriminatedUnion('type', [
  messageCreated,
  messageDelta,
  messageFinished,
  boundary,
  runStarted,
  runEnded,
  queueChanged,
  runChanged,
  usageChanged,
  messageReplaced,
  messageDeleted,
  historyTruncated,
  historyRestored,
  imported,
  forked,
  messageErased,
  redacted,
  unreadable,
])
/** One immutable journal entry: the only sequenced thing. */
export type Event = UnionOf<typeof eventUnion>
export const event: SchemaOf<Event> = eventUnion
export const eventTypes = eventUnion.options.map((option) => option.shape.type.value)
export type EventType = Event['type']
export type EventOf<T extends EventType> = Extract<Event, { type: T }>
