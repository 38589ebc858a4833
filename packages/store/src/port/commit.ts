import type { Cursor, Event, EventDraft, Message, QueuedRun } from '@caughtup/schema'

/**
 * Changes to one session, committed atomically. A change of history must be the first draft, and only
 * one is allowed.
 */
export interface Slice {
  sessionId: string
  /** When it happened, in ms since the epoch. */
  at: number
  drafts: readonly EventDraft[]
  /** What must be true of the session at the moment of the commit. */
  guard?: Guard
}

export interface CommitOptions {
  /** Whether the commit writes the calls of hooks that it owes; see `OwedCalls`. @default false */
  owes?: boolean
}

/**
 * - `run`: this run is active. The fence: a run that another process ended writes nothing more.
 *   With `seq`, also that nothing was written since that entry: a writer that was presumed dead
 *   and was not is left alone. With `attempt`, also that it was not continued since: a writer that
 *   was presumed dead and wakes writes nothing more. With `queued`, also that these wait, as they are.
 * - `idle`: no run is active and the queue is empty
 * - `enqueue`: a run is active or queued, fewer than `queueBelow` are queued, and the queue has at
 *   most `queueBytes` of JSON; an empty queue takes a prompt of any size
 * - `next-in-queue`: no run is active, and this run is the first of the queue
 * - `queued`: this run is in the queue
 * - `awaiting-tool`: this run is active and waits for a tool's answer. With `message`, also that
 *   its open message is as of that revision: of two answers to two calls, one sees the other.
 * - `no-active-run`: no run is active, whatever the queue holds
 *
 * `idle`, `next-in-queue` and `no-active-run` take a `seq`, too: then they also mean that nothing was
 * written since that entry.
 */
export type Guard =
  | { is: 'run'; runId: string; seq?: number; attempt?: number; queued?: readonly QueuedRun[] }
  | { is: 'idle'; seq?: number }
  | { is: 'enqueue'; queueBelow: number; queueBytes?: number }
  | { is: 'next-in-queue'; runId: string; seq?: number }
  | { is: 'queued'; runId: string }
  | { is: 'awaiting-tool'; runId: string; message?: { id: string; revision: number } }
  | { is: 'no-active-run'; seq?: number }

export type SliceResult =
  | { refused: Refusal }
  | {
      refused?: undefined
      events: Event[]
      cursor: Cursor
      /** Messages that the slice touched, as they are after it. */
      messages: Message[]
      /** Whether the session's activity row changed. */
      activity: boolean
    }

/**
 * - `session-missing`: deleted, or never made
 * - `guard-failed`: the guard does not hold
 * - `queue-full`: only for the guard `enqueue`
 * - `message-exists`: a message of that id is in the session already
 * - `message-gone`: a message of that id was in the session, and was removed
 * - `message-missing`: a delta or finish for a message that is not open, or a change of a message
 *   that does not exist or is not of the newest epoch
 * - `message-open`: a truncation or an undo that would take a message that is not finished
 * - `nothing-to-undo`, `nothing-to-redo`
 * - `shown-already`: a version to show that is shown
 * - `counted-already`: usage of a child that is in the ledger
 */
export type Refusal =
  | 'session-missing'
  | 'guard-failed'
  | 'queue-full'
  | 'queue-too-large'
  | 'message-exists'
  | 'message-gone'
  | 'message-missing'
  | 'message-open'
  | 'nothing-to-undo'
  | 'nothing-to-redo'
  | 'shown-already'
  | 'counted-already'
