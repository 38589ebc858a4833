import { background, type Clock } from '@caughtup/schema/clock'

import { Backoff } from '../base/backoff.ts'
import { pacer, restingPacer } from '../base/pacer.ts'

/** Quiet time after a structural commit before maintenance begins: the end of an answer is a few commits. */
const quietMs = 50
/** Least time between two runs, so that sessions that end one after the other are packed together. */
const spacingMs = 1_000
/** Longest that commits put a run off: under load the log must not grow for longer. */
const longestDelayMs = 1_000
/** When it looks again after commits: an engine keeps what it packed for some seconds, for other processes. */
const secondLookMs = 15_000
/** How often it looks for entries to remove by age, which counts in days. */
const roundMs = 60 * 60 * 1_000
/** How long closing a store without a signal spends on maintenance: the next process can do the rest. */
const closingMs = 1_000
/** No caller waits for a step, so a database that keeps failing is asked only once a minute; in ms. */
const delays = { first: 100, last: 60_000 }

/** What a commit was: a window's deltas, or a structural change. */
type Touch = 'deltas' | 'structural'

export interface MaintenanceOptions {
  /** Makes one bounded step and returns whether more is left. */
  maintain: () => Promise<boolean>
  /** Called when nothing is left to do. */
  finished: () => void
}

/**
 * Runs maintenance in the background: packing, trimming, unfinished forks and erasures. It begins
 * some quiet time after a commit and works in bounded steps, one at a time. A failed step is retried
 * and shows in `failures` and `lastError`; no caller waits for it.
 */
export class Maintenance {
  readonly #clock: Clock
  readonly #options: MaintenanceOptions
  readonly #stop = new AbortController()
  #cancelStart: (() => void) | undefined
  #cancelRound: (() => void) | undefined
  /** Of the oldest commit that no run has seen, by the monotonic clock. */
  #since: number | undefined
  /** The kind of commits made during a step. */
  #missed: Touch | undefined
  #running: Promise<void> | undefined
  #lastEnd = -Infinity
  failures = 0
  lastError: string | undefined

  constructor(clock: Clock, options: MaintenanceOptions) {
    this.#clock = clock
    this.#options = options
  }

  /** To be called after each commit. */
  touched(by: Touch): void {
    if (this.#stop.signal.aborted) return
    this.#since ??= this.#clock.monotonic()
    if (this.#running) {
      if (this.#missed !== 'structural') this.#missed = by
      return
    }
    if (by === 'deltas' && this.#cancelStart) return
    const now = this.#clock.monotonic()
    const left = this.#since + longestDelayMs - now
    const calm = Math.max(quietMs, this.#lastEnd + spacingMs - now)
    this.#cancelStart?.()
    this.#cancelStart = background(this.#clock).after(
      by === 'deltas' ? left : Math.min(calm, left),
      () => {
        this.#cancelStart = undefined
        this.#running = this.#run(secondLookMs)
      },
    )
  }

  /**
   * Does the rest until the signal is aborted, for a second without a signal, or until a step fails.
   * The next process that opens the database continues.
   */
  async close(signal?: AbortSignal): Promise<void> {
    this.#stop.abort()
    this.#cancelStart?.()
    this.#cancelRound?.()
    await this.#running
    const turn = pacer(this.#clock)
    const since = this.#clock.monotonic()
    const hasTime = () => (signal ? !signal.aborted : this.#clock.monotonic() - since < closingMs)
    try {
      while (hasTime() && (await this.#options.maintain())) await turn()
    } catch (error) {
      this.#failed(error)
    }
  }

  async #run(nextRound: number): Promise<void> {
    const { signal } = this.#stop
    let turn = restingPacer(this.#clock)
    const backoff = new Backoff(delays)
    while (!signal.aborted) {
      this.#since = undefined
      this.#missed = undefined
      try {
        const more = await this.#options.maintain()
        this.lastError = undefined
        if (!more) {
          this.#options.finished()
          break
        }
        backoff.reset()
        await turn()
      } catch (error) {
        this.#failed(error)
        await backoff.wait(background(this.#clock), signal)
        // It has rested enough.
        turn = restingPacer(this.#clock)
      }
    }
    this.#running = undefined
    this.#lastEnd = this.#clock.monotonic()
    if (signal.aborted) return
    this.#cancelRound?.()
    this.#cancelRound = background(this.#clock).after(nextRound, () => {
      this.#running ??= this.#run(roundMs)
    })
    if (this.#missed) this.touched(this.#missed)
  }

  #failed(error: unknown): void {
    this.failures++
    this.lastError = String(error)
  }
}
