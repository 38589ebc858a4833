import { monitorEventLoopDelay } from 'node:perf_hooks'

/** How often the event loop is asked to come round, in ms; an idle one's delay is just above it. */
const resolution = 1

/** Percentiles of the event loop's delay, in ms. */
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
    const [p50, p99] = [histogram.percentile(50) / 1e6, histogram.percentile(99) / 1e6]
    return { p50, p99 }
  }
}
