import type { Clock } from '@caughtup/schema/clock'

import type { Scheduler } from './scheduler.ts'

const epoch = Date.UTC(2026, 0, 1)

/**
 * One process of a simulation, with its clock. While it is paused nothing in it runs, as under SIGSTOP;
 * once it is killed nothing in it runs again.
 */
export class SimulatedProcess implements Clock {
  readonly name: string
  /** Whether it is shutting down. */
  leaving = false
  readonly #scheduler: Scheduler
  readonly #killed = new AbortController()
  #paused = false
  #held: (() => void)[] = []
  #wallOffset = 0

  constructor(name: string, scheduler: Scheduler) {
    this.name = name
    this.#scheduler = scheduler
  }

  /** Aborted when it is killed. */
  get killed(): AbortSignal {
    return this.#killed.signal
  }

  get paused(): boolean {
    return this.#paused
  }

  now(): number {
    return epoch + Math.floor(this.#scheduler.elapsed) + this.#wallOffset
  }

  monotonic(): number {
    return this.#scheduler.elapsed
  }

  after(ms: number, callback: () => void): () => void {
    let cancelled = false
    const cancel = this.#scheduler.after(ms, () => {
      this.#whenAwake(() => {
        if (!cancelled) callback()
      })
    })
    return () => {
      cancelled = true
      cancel()
    }
  }

  /** Resolves at once, or when it is resumed; stays pending once it is killed. */
  awake(): Promise<void> {
    return new Promise((resolve) => this.#whenAwake(resolve))
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    for (const work of this.#held.splice(0)) {
      this.#scheduler.after(0, () => this.#whenAwake(work))
    }
  }

  kill(): void {
    this.#held = []
    this.#killed.abort(new Error(`${this.name} was killed.`))
  }

  /** Steps its wall clock, as an administrator or NTP would. */
  stepWall(ms: number): void {
    this.#wallOffset += ms
  }

  #whenAwake(work: () => void): void {
    if (this.#killed.signal.aborted) return
    if (this.#paused) this.#held.push(work)
    else work()
  }
}
