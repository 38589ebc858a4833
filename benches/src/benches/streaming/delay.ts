import { monitorEventLoopDelay } from 'node:perf_hooks'

/**
 * How often the event loop is asked to come round, in ms. Asked each ms, it costs more than some
 * layouts do, and a busy loop less than the control's, which is subtracted from it.
 */
const resolution = 5

/** Percentiles of how late the event loop came round, in ms. */
export interface Delay {
  p50: number
  p99: number
}

/** Watches the event loop from now until the returned function is called. */
export function watchDelay(): () => Delay {
  const histogram = monitorEventLoopDelay({ resolution })
  histogram.enable()
  return () => {
    histogram.disable()
    // It records the time between two rounds, the resolution included.
    const late = (percentile: number) =>
      Math.max(0, histogram.percentile(percentile) / 1e6 - resolution)
    return { p50: late(50), p99: late(99) }
  }
}
