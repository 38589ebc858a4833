/** A call that a limit concerns. */
export interface CountedCall {
  principal: string
  /** Which calls are counted together. */
  name: string
  /** How many of them are allowed, a whole number. */
  most: number
  /** In how many ms, a whole number. */
  within: number
}

/**
 * How often principals call, over all processes. A stretch of time begins with the first call after the one
 * before is over. It is measured by the database's clock, or where it has none by the processes'.
 */
export interface CallCounts {
  /** Counts a call and returns 0; or in how many ms the next stretch can begin, if there were too many. */
  count(call: CountedCall): Promise<number>
  /** Forgets all calls of a principal. */
  forget(principal: string): Promise<void>
}
