import type { RunTicket } from '@caughtup/schema'

/** What a call may answer: whether it started a run, and which. */
type Answer = Partial<RunTicket>

/** The calls of one view that change its session, which keep the order in which they were made. */
export class CallOrder {
  /** The newest call and all before it, until they are over. */
  #newest: Promise<Answer | undefined> | undefined

  /** Begins when the calls before it were answered or have failed. */
  add<T extends object>(call: () => Promise<T>): Promise<T> {
    return this.addAtOnce(async (before) => {
      await before
      return call()
    })
  }

  /**
   * Begins at once; later calls wait for it all the same. `before` is over when the calls before it
   * are, and is then the answer of the newest of these, where one was still awaited and came.
   */
  addAtOnce<T extends object>(
    call: (before: Promise<Answer | undefined>) => Promise<T>,
  ): Promise<T> {
    const before = this.#newest ?? Promise.resolve(undefined)
    const result = call(before)
    const newest = Promise.all([result, before]).then(
      ([answer]) => answer,
      () => undefined,
    )
    this.#newest = newest
    void newest.then(() => {
      if (this.#newest === newest) this.#newest = undefined
    })
    return result
  }
}
