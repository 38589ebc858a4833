interface Read<T> {
  readonly key: string
  readonly value: Promise<T>
  result?: T
}

/**
 * Lets readers of the same session share one read, also while it is under way. It keeps only the
 * newest read of each session, until `forget`.
 */
export class NewestReads<T> {
  readonly #newest = new Map<string, Read<T>>()

  /**
   * Returns the session's newest read if it has this key, and else starts a new one. The key tells
   * what is read, such as the place to read from.
   */
  read(sessionId: string, key: string, load: () => Promise<T>): Promise<T> {
    const shared = this.#newest.get(sessionId)
    if (shared?.key === key) return shared.value
    const value = load()
    const read: Read<T> = { key, value }
    this.#newest.set(sessionId, read)
    value.then(
      (result) => (read.result = result),
      // The current readers of a failed read get its error; a later reader tries again.
      () => this.forget(sessionId),
    )
    return value
  }

  /** Makes `value` the session's newest read, for a caller that knows what it would be. */
  put(sessionId: string, key: string, value: T): void {
    this.#newest.set(sessionId, { key, value: Promise.resolve(value), result: value })
  }

  /** The result of the session's newest read; `undefined` while it is under way. */
  result(sessionId: string): T | undefined {
    return this.#newest.get(sessionId)?.result
  }

  /**
   * Drops the session's read. Call this when the session changed, and before its listeners are
   * notified, so that they do not get the outdated read.
   */
  forget(sessionId: string): void {
    this.#newest.delete(sessionId)
  }

  clear(): void {
    this.#newest.clear()
  }
}
