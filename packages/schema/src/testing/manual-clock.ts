import type { Clock } from '../base/clock.ts'

/**
 * A clock that stands still until a test moves it.
 *
 * `advance` runs the timers that fall due in order of time, and lets pending promises settle after
 * each, so that code which awaits between timers behaves as it does in real time.
 */
export class ManualClock implements Clock {
  #elapsed = 0
  #wallOffset: number
  #nextId = 0
  readonly #timers = new Map<number, { due: number; callback: () => void }>()

  constructor(startAt = Date.UTC(2026, 0, 1)) {
    this.#wallOffset = startAt
  }

  now(): number {
    return this.#wallOffset + this.#elapsed
  }

  monotonic(): number {
    return this.#elapsed
  }

  after(ms: number, callback: () => void): () => void {
    const id = this.#nextId++
    this.#timers.set(id, { due: this.#elapsed + Math.max(0, ms), callback })
    return () => void this.#timers.delete(id)
  }

  /** Timers that have neither fired nor been cancelled. */
  get pending(): number {
    return this.#timers.size
  }

  /** Steps the wall clock only, as an administrator or NTP would. */
  stepWall(ms: number): void {
    this.#wallOffset += ms
  }

  async advance(ms: number): Promise<void> {
    const end = this.#elapsed + ms
    await settle()
    for (let next = this.#nextDue(end); next !== undefined; next = this.#nextDue(end)) {
      const [id, timer] = next
      this.#timers.delete(id)
      this.#elapsed = Math.max(this.#elapsed, timer.due)
      timer.callback()
      await settle()
    }
    this.#elapsed = end
  }

  #nextDue(end: number): [number, { due: number; callback: () => void }] | undefined {
    let earliest: [number, { due: number; callback: () => void }] | undefined
    for (const entry of this.#timers) {
      if (entry[1].due <= end && (!earliest || entry[1].due < earliest[1].due)) earliest = entry
    }
    return earliest
  }
}

/** Waits until pending promise jobs and one turn of the event loop have run. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
