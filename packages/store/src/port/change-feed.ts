export interface RemoteChanges {
  /** Sessions whose journal went on or ended; `all` when it is not known which. */
  sessions: ReadonlySet<string> | 'all'
}
