export interface RemoteChanges {
  /** Sessions whose journals changed or that were deleted; `all` where it is not known which. */
  sessions: ReadonlySet<string> | 'all'
  /** Those whose members changed, also by a deletion; `all` where it is not known which. */
  members: ReadonlySet<string> | 'all'
}

/**
 * What other processes write into the database. The engine brings one; it says `all` where it may
 * have missed something, as after a lost connection.
 */
export interface ChangeFeed {
  /**
   * Resolves when another process has written something that this one may have read before; rejects
   * with the signal's reason, and when the storage is closed. What was written between two calls is in
   * the next one's answer.
   */
  next(signal: AbortSignal): Promise<RemoteChanges>
}
