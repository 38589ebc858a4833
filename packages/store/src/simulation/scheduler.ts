/** Simulated time: timers in order of their due times, those of the same moment in order of calls. */
export class Scheduler {
  #elapsed = 0
  /** Ascending by `due`. */
  readonly #timers: { due: number; callback: () => void }[] = []

  /** Milliseconds since the simulation began. */
  get elapsed(): number {
    return this.#elapsed
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { due: this.#elapsed + Math.max(0, ms), callback }
    const index = this.#timers.findLastIndex(({ due }) => due <= timer.due)
    this.#timers.splice(index + 1, 0, timer)
    return () => {
      const place = this.#timers.indexOf(timer)
      if (place >= 0) this.#timers.splice(place, 1)
    }
  }

  /** Runs what falls due in the next `ms`; promises settle between two timers. */
  async run(ms: number): Promise<void> {
    const end = this.#elapsed + ms
    await quiet()
    for (;;) {
      const [next] = this.#timers
      if (!next || next.due > end) break
      this.#timers.shift()
      this.#elapsed = next.due
      next.callback()
      await quiet()
    }
    this.#elapsed = end
  }
}

/**
 * Resolves when no promise job is left: Node runs the tick queue only then. Unlike a turn of the
 * event loop it costs next to nothing, and nothing from outside the simulation can come between.
 */
export function quiet(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve))
}
