import type { ChangeFeed } from '../../../port/change-feed.ts'

/** How the openings of one database tell each other what they wrote. */
export interface RowChangeFeed extends ChangeFeed {
  /** Tells the others, after a commit, which sessions it changed, and whether their members. */
  announce(sessionIds: readonly string[], what: { members: boolean }): void
  /** Ends every call of `next`, and each that follows. */
  close(): void
}
