import type { Clock } from '@caughtup/schema/clock'

/** Runs `callback` once, soon; returns the cancel. */
export type Schedule = (callback: () => void) => () => void

/** A frame of a usual screen, in ms. */
const frame = 16
/** A hidden page gets no animation frames; its listeners hear of changes after this many ms. */
const hiddenFrame = 100

/** The next animation frame, or a timer where there are none. */
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
 * Gathers the changes of all views of a client, so that each tells its listeners at most once per
 * animation frame, and all in the same one.
 */
export class Notifier {
  readonly #schedule: Schedule
  readonly #tasks = new Set<() => void>()
  #cancel: (() => void) | undefined

  constructor(schedule: Schedule) {
    this.#schedule = schedule
  }

  /** Has `task` run at the next frame, once however often it is asked for until then. */
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
