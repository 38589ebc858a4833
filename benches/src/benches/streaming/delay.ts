import { monitorEventLoopDelay } from 'node:perf_hooks'

/**
 * Resolution of the timer that measures the delay, in ms. A timer of 1 ms would cost more than some
 * layouts, and would cost a busy loop less than the control, whose cost is subtracted.
 */
const resolution = 5

/** Percentiles of the event loop's delay, in ms. */
export interface Delay {
  p50: number
  p99: number
}

/** Measures the event loop's delay until the returned function is called. */
export function watchDelay(): () => Delay {
  const histogram = monitorEventLoopDelay({ resolution })
  histogram.enable()
  return () => {
    histogram.disable()
    // The histogram holds the time between two firings, which includes the resolution.
    const late = (percentile: number) =>
      Math.max(0, histogram.percentile(percentile) / 1e6 - resolution)
    return { p50: late(50), p99: late(99) }
  }
}
