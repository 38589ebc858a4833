/**
 * Lets concurrent readers share one read. The newest read of each session is kept until the session
 * is forgotten, so it costs one result per session that is being read.
 */
export class SharedReads<T> {
  readonly #newest = new Map<string, { key: number; value: Promise<T> }>()

  /** The read for this key that is under way or kept, else a new one. */
  read(sessionId: string, key: number, load: () => Promise<T>): Promise<T> {
    const shared = this.#newest.get(sessionId)
    if (shared?.key === key) return shared.value
    const value = load()
    this.#newest.set(sessionId, { key, value })
    // A failed read fails its present readers, but no later ones.
    value.catch(() => this.forget(sessionId))
    return value
  }

  /** To be called when the session changed, before its listeners are notified. */
  forget(sessionId: string): void {
    this.#newest.delete(sessionId)
  }

  clear(): void {
    this.#newest.clear()
  }
}
