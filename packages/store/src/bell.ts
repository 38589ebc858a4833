/**
 * A doorbell: tells those who wait that there may be something new to read, and nothing else.
 *
 * Take `next` before reading, then read, then wait: what arrives in between has rung already.
 */
export class Bell {
  readonly #waiting = new Map<string, PromiseWithResolvers<void>>()

  /** Resolves at the next ring for `key`. Shared by all who wait, forgotten once it rang. */
  next(key: string): Promise<void> {
    let ring = this.#waiting.get(key)
    if (!ring) {
      ring = Promise.withResolvers()
      this.#waiting.set(key, ring)
    }
    return ring.promise
  }

  ring(key: string): void {
    const ring = this.#waiting.get(key)
    this.#waiting.delete(key)
    ring?.resolve()
  }

  ringAll(): void {
    for (const key of this.#waiting.keys()) this.ring(key)
  }
}
