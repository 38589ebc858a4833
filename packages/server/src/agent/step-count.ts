/** Counts the steps of an agent's stream that are written, for those who wait for one. */
export class StepCount {
  #count = 0
  readonly #waiting = new Set<{ step: number; resolve: () => void }>()

  next(): void {
    this.#count++
    for (const each of this.#waiting) {
      if (each.step > this.#count) continue
      this.#waiting.delete(each)
      each.resolve()
    }
  }

  /** Resolves once so many steps are written; rejects with the signal's reason. */
  async reached(step: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (step <= this.#count) return
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const waiting = { step, resolve }
    const abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    this.#waiting.add(waiting)
    try {
      await promise
    } finally {
      this.#waiting.delete(waiting)
      signal.removeEventListener('abort', abort)
    }
  }
}
