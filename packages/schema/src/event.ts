import * as z from 'zod'

import { count, id, timestamp } from './id.ts'
import {
  boundaryKind,
  boundaryTrigger,
  finishReason,
  message,
  type MessageDraft,
  runError,
} from './message.ts'
import { op } from './op.ts'
import { queuedRun, run, type QueuedRun, type RunDraft } from './run.ts'
import { contextUsage, usage, usageLedger, type Usage } from './usage.ts'

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

/** The whole queue as it is from here on. */
const queueChanged = z.object({
  ...entry,
  type: z.literal('queue-changed'),
  queue: z.array(queuedRun),
})

/** The ledger as it is from here on. */
const usageChanged = z.object({
  ...entry,
  ...usageLedger.shape,
  type: z.literal('usage'),
})

/** Stands in for stored entries that cannot be decoded, so that a reader can pass them. */
const unreadable = z.object({ ...entry, type: z.literal('unreadable') })

/** One immutable journal entry: the only sequenced thing. */
export const event = z.discriminatedUnion('type', [
  messageCreated,
  messageDelta,
  messageFinished,
  boundary,
  runStarted,
  runEnded,
  queueChanged,
  usageChanged,
  unreadable,
])
export type Event = z.infer<typeof event>
export type EventType = Event['type']
export type EventOf<T extends EventType> = Extract<Event, { type: T }>

/**
 * An event before it is committed. The commit gives it its seq, epoch and time, and whatever
 * follows from the session's state at that moment: a message its order, a run its generation,
 * the queue and the ledger their new whole.
 */
export type EventDraft = { runId?: string } & (
  | { type: 'message-created'; message: MessageDraft }
  | Pick<EventOf<'message-delta'>, 'type' | 'messageId' | 'ops'>
  | Pick<
      EventOf<'message-finished'>,
      'type' | 'messageId' | 'reason' | 'usage' | 'contextUsage' | 'error'
    >
  | (Pick<EventOf<'boundary'>, 'type' | 'kind' | 'trigger'> & { summary?: MessageDraft })
  | { type: 'run-started'; run: RunDraft }
  | (Pick<EventOf<'run-ended'>, 'type' | 'reason' | 'error'> & { runId: string })
  | { type: 'queue-changed'; add: QueuedRun }
  | { type: 'queue-changed'; remove: string }
  | { type: 'usage'; add: Usage }
)
