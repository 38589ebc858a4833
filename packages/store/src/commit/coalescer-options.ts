import type { Clock } from '@caughtup/schema/clock'

import type { FlushOptions } from '../options/store-options.ts'
import type { Slice, SliceResult } from '../port/commit.ts'
import type { StorageError } from '../port/storage-error.ts'
import type { MessageSource } from './message-source.ts'

export interface CoalescerOptions extends Required<FlushOptions> {
  clock: Clock
  commit: (slices: readonly Slice[]) => Promise<SliceResult[]>
  /**
   * Called when a change is accepted: a structural one, or the first delta of a message in a
   * window. `source` is the message's writer if it is known.
   */
  entered?: (slice: Slice, source: MessageSource | undefined) => void
  /**
   * Called after each commit, in the order of commits, once per committed slice. `structural` is
   * false for a window's deltas. The slice's caller also waits for the returned promise; the next
   * commit does not.
   */
  committed: (result: Committed, slice: Slice, structural: boolean) => Promise<void> | undefined
  /** Called once per outage of the database. */
  outage?: (error: StorageError) => void
}

export interface AppendOptions {
  /** Ends the wait; an accepted change is committed all the same. */
  signal?: AbortSignal | undefined
  /** The writer of the message that the change is about. */
  source?: MessageSource
  /**
   * How long to wait for a database that accepts no writes, in ms, before the change is withdrawn
   * and refused; `Infinity` for a change that is written whenever that becomes possible.
   */
  maxWaitMs: number
}

type Committed = Exclude<SliceResult, { refused: string }>
