import type { Clock } from '@caughtup/schema/clock'

/** Runs `callback` once, soon; returns the cancel. */
export type Schedule = (callback: () => void) => () => void

/** One frame at 60 Hz, in ms. */
const frame = 16
/** A hidden page gets no animation frames: its listeners are notified after this many ms. */
const hiddenFrame = 100

/** Schedules for the next animation frame, or with a timer where there are none. */
export function frameSchedule(clock: Clock): Schedule {
  if (typeof requestAnimationFrame === 'undefined') {
    return (callback) => clock.after(frame, callback)
  }
  return (callback) => {
    const run = () => {
      cancel()
      callback()
    }
    const request = requestAnimationFrame(run)
    const cancelTimer = clock.after(hiddenFrame, run)
    const cancel = () => {
      cancelAnimationFrame(request)
      cancelTimer()
    }
    return cancel
  }
}

export interface NotifierOptions {
  clock: Clock
  /** When the next frame is. */
  schedule: Schedule
  /** The least time between two notifications, in ms; 0: each frame may have one. */
  every: number
}

/**
 * Batches the changes of all views of a client: they notify their listeners together, in an animation
 * frame, and at most once per frame.
 */
export class Notifier {
  readonly #clock: Clock
  readonly #schedule: Schedule
  readonly #every: number
  readonly #tasks = new Set<() => void>()
  /** Of the last notification, by the monotonic clock. */
  #at = -Infinity
  /** Cancels the wait until a notification may follow the last one. */
  #wait: (() => void) | undefined
  /** Cancels the frame in which the tasks run. */
  #frame: (() => void) | undefined

  constructor({ clock, schedule, every }: NotifierOptions) {
    this.#clock = clock
    this.#schedule = schedule
    this.#every = every
  }

  /** Runs `task` at the next notification, once however often it is requested before. */
  request(task: () => void): void {
    this.#tasks.add(task)
    if (this.#wait || this.#frame) return
    const left = this.#at + this.#every - this.#clock.monotonic()
    if (left <= 0) this.#nextFrame()
    else this.#wait = this.#clock.after(left, () => this.#nextFrame())
  }

  /** The same in the next frame, however short a time ago the last notification was. */
  requestSoon(task: () => void): void {
    this.#tasks.add(task)
    this.#nextFrame()
  }

  close(): void {
    this.#wait?.()
    this.#frame?.()
    this.#tasks.clear()
  }

  #nextFrame(): void {
    this.#wait?.()
    this.#wait = undefined
    this.#frame ??= this.#schedule(() => this.#flush())
  }

  #flush(): void {
    this.#frame = undefined
    this.#at = this.#clock.monotonic()
    const tasks = [...this.#tasks]
    this.#tasks.clear()
    for (const task of tasks) task()
  }
}
