import type { FinishReason, Presence, RunError, RunKind } from '@caughtup/schema'
import type { AwaitedCall } from '@caughtup/schema/fold'

/**
 * Functions that are called when something happens to a run, whatever kind of run it is and whichever
 * process ran it: for push notifications, webhooks and the like.
 *
 * Each call is owed from the commit on in which it happened, and is made at least once: at once, and if
 * the function throws, rejects or takes longer than 30 s, again and again, 1 s later, then 2 s, and at
 * last every minute. A call that its process did not complete is made by another process of the same
 * database, or by the next one. `onError` gets every failure. At most 16 calls run at a time, and
 * their order is not promised. A call that is not complete when its session is deleted may be dropped.
 *
 * Their signal is aborted when a call takes too long, and when the server closes. All processes of a
 * database must have the same hooks: each makes the calls that others left.
 */
export interface HookOptions {
  /** A run has ended. */
  runEnded?: (event: RunEndedEvent, signal: AbortSignal) => Promise<void> | void
  /** A run waits for answers to its tool calls, from a person or a client. */
  runWaiting?: (event: RunWaitingEvent, signal: AbortSignal) => Promise<void> | void
  /**
   * How long a call is owed, in ms. An older one is dropped, and `onError` gets an error.
   * @default 86400000
   */
  giveUpAfter?: number
}

interface HookEvent {
  /** The same at every attempt, and of no other event: pass it on, so that a repetition is recognised. */
  id: string
  sessionId: string
  runId: string
  runKind: RunKind
  /** Id of the principal who asked for the run. */
  author?: string
  /** The answer, or the summary of a compaction; absent if the run had no open message. */
  messageId?: string
  /** When it happened, in ms since the epoch. */
  at: number
  /** 1, or more where earlier attempts failed. */
  attempt: number
  /**
   * Who has streams of the session open as this attempt begins; a stream that broke counts for 2 s more.
   * Streams of other processes are known, best effort, where the store has a bus: not on SQLite alone.
   */
  watching: Presence[]
}

export interface RunEndedEvent extends HookEvent {
  kind: 'run-ended'
  reason: FinishReason
  /** What clients see of the error, if the run failed. */
  error?: RunError
}

export interface RunWaitingEvent extends HookEvent {
  kind: 'run-waiting'
  /** The tool calls that still wait as this attempt begins; none if the run went on or ended meanwhile. */
  waiting: AwaitedCall[]
}

export type ResolvedHooks = HookOptions & Required<Pick<HookOptions, 'giveUpAfter'>>

const hookDefaults = { giveUpAfter: 86_400_000 } satisfies HookOptions

export function resolveHooks(hooks: HookOptions = {}): ResolvedHooks {
  return { ...hooks, giveUpAfter: hooks.giveUpAfter ?? hookDefaults.giveUpAfter }
}
