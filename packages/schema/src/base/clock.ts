/**
 * The source of time of all packages, so that a test or a simulation can drive it. All values are in
 * milliseconds.
 */
export interface Clock {
  /** Wall-clock time since the Unix epoch; may step when the machine's clock is set. */
  now(): number
  /** Time since an arbitrary moment; never steps back. Leases and stall watchdogs use this one. */
  monotonic(): number
  /** Runs `callback` once after `ms`; the returned function cancels it and may be called twice. */
  after(ms: number, callback: () => void): () => void
  /** The same clock with timers that do not keep the process alive; see `background`. */
  readonly background?: Clock
}

const realTime = { now: () => Date.now(), monotonic: () => performance.now() }

/** The machine's own clock. In Node, a timer that is not cancelled keeps the process alive. */
export const systemClock: Clock = {
  ...realTime,
  after(ms, callback) {
    const timer = setTimeout(callback, Math.max(0, ms))
    return () => clearTimeout(timer)
  },
  background: {
    ...realTime,
    after(ms, callback) {
      const timer = setTimeout(callback, Math.max(0, ms))
      // A browser's timer is a number, and needs no `unref`.
      if (typeof timer === 'object') timer.unref()
      return () => clearTimeout(timer)
    },
  },
}

/**
 * The clock for work that nobody awaits and that the next process can do as well. Awaited work must
 * not use it: the process could end while it waits.
 */
export function background(clock: Clock): Clock {
  return clock.background ?? clock
}

/** Resolves after `ms` on the given clock, or rejects with the signal's reason. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const onAbort = () => {
      cancel()
      reject(signal?.reason)
    }
    const cancel = clock.after(ms, () => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    })
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

/** The promise's value, or `'late'` after `ms`; an outcome after that is dropped. */
export function within<T>(
  promise: Promise<T>,
  clock: Clock,
  ms: number,
): Promise<{ value: T } | 'late'> {
  return new Promise((resolve, reject) => {
    const cancel = ms === Infinity ? () => {} : clock.after(ms, () => resolve('late'))
    promise.then((value) => resolve({ value }), reject).finally(cancel)
  })
}
