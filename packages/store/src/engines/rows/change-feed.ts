import type { RemoteChanges } from '../../port/change-feed.ts'

/** How openings of one database tell each other what they wrote. */
export interface RowChangeFeed {
  /** Resolves with what others announced since the call before; rejects with the signal's reason. */
  next(signal: AbortSignal): Promise<RemoteChanges>
  /** Tells the others, after a commit, which sessions it changed. */
  announce(sessionIds: readonly string[]): void
  /** Ends whoever waits in `next`. */
  close(): void
}
