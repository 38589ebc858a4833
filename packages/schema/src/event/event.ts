import * as z from 'zod'

import { count, id, timestamp } from '../base/id.ts'
import {
  boundaryKind,
  boundaryTrigger,
  finishReason,
  message,
  runError,
  versionMembers,
} from '../model/message.ts'
import { op } from './op.ts'
import { queuedRun, run } from '../model/run.ts'
import type { SchemaOf, UnionOf } from '../base/schema-of.ts'
import { contextUsage, ledgerMembers, usage } from '../model/usage.ts'

/** The members of every journal entry. */
const entry = {
  /** Its place in the session's journal: 1, 2, 3 …, never renumbered, never reused. */
  seq: count,
  /** The first seq that it covers; below `seq` only if entries were merged for a reader. */
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

/** Opens epoch `epoch`; after a compaction its first message is `summary`. */
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

/** One change of the queue, not the whole queue, so that the size of an entry is that of its change. */
const queueChanged = z
  .object({
    ...entry,
    type: z.literal('queue-changed'),
    /** Added at the end of the queue, with `front` at its front, or behind the last that steers if it does. */
    add: queuedRun.exactOptional(),
    front: z.literal(true).exactOptional(),
    /** The run that left the queue. */
    remove: id.exactOptional(),
    /** Takes the place of the entry with the same `runId`. */
    replace: queuedRun.exactOptional(),
  })
  .refine(
    ({ add, front, remove, replace }) =>
      [add, remove, replace].filter((change) => change !== undefined).length === 1 &&
      (add || !front),
    'must have one of `add` (with or without `front`), `remove` and `replace`',
  )

/** The whole ledger from here on. */
const usageChanged = z.object({
  ...entry,
  ...ledgerMembers,
  type: z.literal('usage'),
})

/** Whether the session has a turn to undo, or a hidden one to restore, from here on. */
const undoState = {
  canUndo: z.boolean(),
  canRedo: z.boolean(),
  /** How many hidden versions lie after the last message; `canRedo` says whether there are any. */
  next: count,
}

const versionMark = z.object({ messageId: id, ...versionMembers })
/** A message whose version changed because others went; with a `count` of 1 it no longer has one. */
export interface VersionMark extends z.infer<typeof versionMark> {}
const marks = z.array(versionMark).exactOptional()

/** The run waits for answers to its tool calls, or goes on: with them, or after its process was lost. */
const runChanged = z.object({
  ...entry,
  type: z.literal('run-changed'),
  runId: id,
  status: z.enum(['streaming', 'waiting']),
  /** Which attempt at the run this is from here on. @default as before */
  attempt: count.exactOptional(),
  /** What the run has used until now. @default as before */
  usage: usage.exactOptional(),
  /** Id of the principal who gave the last answer. */
  author: z.string().exactOptional(),
})

/** The message was replaced as a whole; it keeps its order. */
const messageReplaced = z.object({ ...entry, type: z.literal('message-replaced'), message })

const messageDeleted = z.object({
  ...entry,
  ...undoState,
  type: z.literal('message-deleted'),
  messageId: id,
  marks,
})

/** Messages of the newest epoch above order `after` are gone: for good, or hidden as a version. */
const historyTruncated = z.object({
  ...entry,
  ...undoState,
  type: z.literal('history-truncated'),
  after: count,
  /** How many messages were removed. */
  count,
})

/** A hidden version is shown after order `after`, instead of the messages that were there. */
const historyRestored = z.object({
  ...entry,
  ...undoState,
  type: z.literal('history-restored'),
  after: count,
  /** How many messages it has, and how many are hidden for it. */
  count,
  hidden: count,
  /** Its messages, with their orders; absent if they are large: a view needs a new window. */
  messages: z.array(message).exactOptional(),
})

/** Messages that were added at once and are not in the journal: a view needs a new window. */
const arrived = {
  ...entry,
  ...undoState,
  /** How many, and the orders of the first and the last. */
  count,
  first: count,
  last: count,
}
const imported = z.object({
  ...arrived,
  type: z.literal('imported'),
  /** The session's recency from here on. @default `at` */
  recency: timestamp.exactOptional(),
})
const forked = z.object({ ...arrived, type: z.literal('forked') })

/** The messages are gone, together with their content in the journal. */
const messageErased = z.object({
  ...entry,
  ...undoState,
  type: z.literal('message-erased'),
  messageIds: z.array(id),
  /** How many of them were shown; the others had been deleted, truncated or hidden before. */
  count,
  marks,
})

/** Takes the place of an entry about an erased message; there is nothing to apply. */
const redacted = z.object({ ...entry, type: z.literal('redacted') })

/** Stands in for stored entries that cannot be decoded, so that readers can pass over them. */
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
/** One immutable entry of a session's journal. Nothing else has a seq. */
export type Event = UnionOf<typeof eventUnion>
export const event: SchemaOf<Event> = eventUnion
export const eventTypes = eventUnion.options.map((option) => option.shape.type.value)
export type EventType = Event['type']
export type EventOf<T extends EventType> = Extract<Event, { type: T }>
