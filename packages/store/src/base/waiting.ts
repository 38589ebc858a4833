/** Every call that waits can be told to stop waiting. */
export interface Waiting {
  signal?: AbortSignal | undefined
}

export interface AppendWaiting extends Waiting {
  /**
   * How long to wait for a database that accepts no writes, in ms, before the change is withdrawn
   * and refused; `Infinity` for a change that is written whenever that becomes possible.
   * @default flush.maxWaitMs
   */
  maxWaitMs?: number
}
