import type { RunTicket } from '@caughtup/schema'

/** The answer of a call, as far as it tells whether a run started, and which. */
type Answer = Partial<RunTicket>

/** Keeps the calls of a view that change its session in the order in which they were made. */
export class CallOrder {
  /** The newest call and all before it, until they have ended. */
  #newest: Promise<Answer | undefined> | undefined

  /** Starts when the calls before it were answered or have failed. */
  add<T extends object>(call: () => Promise<T>): Promise<T> {
    return this.addAtOnce(async (before) => {
      await before
      return call()
    })
  }

  /**
   * Starts at once; later calls wait for it too. `before` resolves when the calls before it have ended,
   * with the answer of the newest of them if it was still awaited and succeeded.
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
