import type { FinishReason, RunError, RunKind } from '@caughtup/schema'

/** A call of a hook that a commit owes: a run ended in it, or began to wait. */
export type OwedHook = OwedMembers &
  ({ kind: 'run-ended'; reason: FinishReason; error?: RunError } | { kind: 'run-waiting' })

interface OwedMembers {
  /** Of the event that says so: its journal and seq. It is the same at every attempt. */
  id: string
  sessionId: string
  runId: string
  runKind: RunKind
  /** The run's. */
  author?: string
  /** The newest message that the run wrote, if it was open until the commit. */
  messageId?: string
  /** When it was committed, in ms since the epoch. */
  at: number
}

export interface OwedCall {
  hook: OwedHook
  /** Attempts that failed. */
  attempts: number
  /** When the next attempt is due, in ms since the epoch. */
  due: number
}

/**
 * The calls of hooks that commits owe. Each belongs to a process, at first to the one that wrote it.
 * A call goes with its session. A fork has none; a copy in another database has the same, by their ids.
 */
export interface OwedCalls {
  /** Those of this process, by when they are due. */
  list(limit: number): Promise<OwedCall[]>
  /** Other processes that have some, with their counters. */
  holders(): Promise<{ process: string; beats: number }[]>
  /** Gives the calls of another process to this one. */
  take(process: string): Promise<void>
  /** An attempt failed. Nothing if another process has the call by now. */
  postpone(id: string, due: number): Promise<void>
  /** Removes a call that was made or given up, whoever has it. */
  settle(id: string): Promise<void>
}
