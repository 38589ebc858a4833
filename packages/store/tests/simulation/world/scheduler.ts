/** Simulated time: runs timers in the order of their due times, and then of their calls. */
export class Scheduler {
  readonly #settled: () => Promise<void>
  #elapsed = 0
  /** Ascending by `due`. */
  readonly #timers: { due: number; callback: () => void }[] = []

  /** @param settled resolves when nothing happens any more before the next timer */
  constructor(settled: () => Promise<void>) {
    this.#settled = settled
  }

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

  /** Runs the next timer, at most until `end`, and lets promises settle. */
  async step(end = Number.POSITIVE_INFINITY): Promise<void> {
    const [next] = this.#timers
    if (next && next.due <= end) {
      this.#timers.shift()
      this.#elapsed = next.due
      next.callback()
    } else if (end < Number.POSITIVE_INFINITY) {
      this.#elapsed = end
    }
    await this.#settled()
  }
}
