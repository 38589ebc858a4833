import type { Clock } from '@caughtup/schema/clock'

import type { FlushOptions } from '../options/store-options.ts'
import type { Slice, SliceResult } from '../port/commit.ts'
import type { StorageError } from '../port/storage-error.ts'
import type { MessageSource } from './message-source.ts'

export interface CoalescerOptions extends FlushOptions {
  clock: Clock
  commit: (slices: readonly Slice[]) => Promise<SliceResult[]>
  /**
   * Called when something is accepted that a commit will take: a structural change, or the first
   * delta of a message in a window. `source` is whoever writes the message, where that is known.
   */
  entered?: (slice: Slice, source: MessageSource | undefined) => void
  /**
   * Called after each commit, in the order of commits, once per slice that was taken.
   * `structural` is false for a window's deltas. The slice's caller waits for what it returns;
   * the next commit does not.
   */
  committed: (result: Committed, slice: Slice, structural: boolean) => Promise<void> | undefined
  /** Called once per outage of the database. */
  outage?: (error: StorageError) => void
}

export interface AppendOptions {
  /** Ends the wait; what was accepted is committed all the same. */
  signal?: AbortSignal | undefined
  /** Whoever writes the message that it is about. */
  source?: MessageSource
  /**
   * How long to wait for a database that takes nothing, in ms, before the change is withdrawn and
   * refused; `Infinity` for what is to be written whenever that is possible.
   */
  maxWaitMs: number
}

type Committed = Exclude<SliceResult, { refused: string }>
