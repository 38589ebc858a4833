/**
 * Readings that several ask for at once and one makes: of each session the newest one is kept until
 * the session is forgotten, so what it costs is one reading per session that is being read.
 */
export class SharedReads<T> {
  readonly #newest = new Map<string, { key: number; value: Promise<T> }>()

  /** The reading under way or kept for this key, else a new one. */
  read(sessionId: string, key: number, load: () => Promise<T>): Promise<T> {
    const shared = this.#newest.get(sessionId)
    if (shared?.key === key) return shared.value
    const value = load()
    this.#newest.set(sessionId, { key, value })
    // A failed read is every present reader's error, but nobody's later on.
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
