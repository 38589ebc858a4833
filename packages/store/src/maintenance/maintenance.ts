import { background, type Clock, sleep } from '@caughtup/schema/clock'

import { pacer } from '../base/pacer.ts'

/** Quiet time after a structural commit before upkeep begins, in ms. */
const quiet = 50
/** Time between two of its runs, so that what rests one after the other is packed together; in ms. */
const spacing = 1_000
/** Longest that it is put off while commits go on, in ms. */
const longest = 1_000
/** When it looks again after it worked on commits, for what is to stay a little while; in ms. */
const soon = 15_000
/** How often it looks for what is to be removed by age, in ms. */
const rounds = 60 * 60 * 1_000
/** How long closing goes on with it when nobody says how long they wait, in ms. */
const closing = 1_000
const firstRetry = 100
const lastRetry = 60_000

/** What a commit was: a window's deltas, or a structural change. */
type Touch = 'deltas' | 'structural'

export interface MaintenanceOptions {
  /** Makes one bounded step and says whether more is to be done. */
  maintain: () => Promise<boolean>
  /** Called when nothing is left to be done. */
  finished: () => void
}

/**
 * Packs, trims and completes what is left over, behind everybody's back: some quiet time after a
 * commit, in bounded steps, one at a time. A step that fails is tried again later, and `failures`
 * and `lastError` say so; no caller is told.
 */
export class Maintenance {
  readonly #clock: Clock
  readonly #options: MaintenanceOptions
  readonly #stop = new AbortController()
  #cancelStart: (() => void) | undefined
  #cancelRound: (() => void) | undefined
  /** When the first commit came that is not tidied up yet, by the monotonic clock. */
  #since: number | undefined
  /** What was committed while a step was under way. */
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
    const left = this.#since + longest - now
    const calm = Math.max(quiet, this.#lastEnd + spacing - now)
    this.#cancelStart?.()
    this.#cancelStart = background(this.#clock).after(
      by === 'deltas' ? left : Math.min(calm, left),
      () => {
        this.#cancelStart = undefined
        this.#running = this.#run(soon)
      },
    )
  }

  /**
   * Does what is left until the signal is aborted, or for a second where there is none; a step that
   * fails ends it too. The next opening goes on.
   */
  async close(signal?: AbortSignal): Promise<void> {
    this.#stop.abort()
    this.#cancelStart?.()
    this.#cancelRound?.()
    await this.#running
    const turn = pacer(this.#clock)
    const since = this.#clock.monotonic()
    const waits = () => (signal ? !signal.aborted : this.#clock.monotonic() - since < closing)
    try {
      while (waits() && (await this.#options.maintain())) await turn()
    } catch (error) {
      this.#failed(error)
    }
  }

  async #run(nextRound: number): Promise<void> {
    const { signal } = this.#stop
    const turn = pacer(this.#clock)
    let delay = firstRetry
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
        delay = firstRetry
        await turn()
      } catch (error) {
        this.#failed(error)
        await sleep(background(this.#clock), delay, signal).catch(() => undefined)
        delay = Math.min(lastRetry, delay * 2)
      }
    }
    this.#running = undefined
    this.#lastEnd = this.#clock.monotonic()
    if (signal.aborted) return
    this.#cancelRound?.()
    this.#cancelRound = background(this.#clock).after(nextRound, () => {
      this.#running ??= this.#run(rounds)
    })
    if (this.#missed) this.touched(this.#missed)
  }

  #failed(error: unknown): void {
    this.failures++
    this.lastError = String(error)
  }
}
