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

/**
 * Batches the changes of all views of a client: each view notifies its listeners at most once per
 * animation frame, and all views in the same one.
 */
export class Notifier {
  readonly #schedule: Schedule
  readonly #tasks = new Set<() => void>()
  #cancel: (() => void) | undefined

  constructor(schedule: Schedule) {
    this.#schedule = schedule
  }

  /** Runs `task` at the next frame, once however often it is requested before. */
  request(task: () => void): void {
    this.#tasks.add(task)
    this.#cancel ??= this.#schedule(() => this.#flush())
  }

  close(): void {
    this.#cancel?.()
    this.#tasks.clear()
  }

  #flush(): void {
    this.#cancel = undefined
    const tasks = [...this.#tasks]
    this.#tasks.clear()
    for (const task of tasks) task()
  }
}
