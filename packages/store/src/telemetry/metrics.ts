import type { StoreStats } from '@caughtup/schema'

import type { ObservableCallback, StoreMeter } from '../options/store-meter.ts'
import { type CommitFigures, commitFigures, statsFigures } from './figures.ts'

interface Histogram {
  record(value: number): void
}

/** Shows the store's figures on a meter until it is stopped. */
export class Metrics {
  readonly #stops: (() => void)[] = []
  readonly #duration: Histogram
  readonly #events: Histogram
  readonly #wait: Histogram

  constructor(meter: StoreMeter, stats: () => StoreStats) {
    for (const { kind, name, unit, text, keys } of statsFigures) {
      const options = { unit, description: text }
      const observable =
        kind === 'counter'
          ? meter.createObservableCounter(name, options)
          : meter.createObservableGauge(name, options)
      const callback: ObservableCallback = (result) => {
        const now = stats()
        if (typeof keys === 'string') result.observe(now[keys])
        else for (const [of, key] of Object.entries(keys)) result.observe(now[key], { class: of })
      }
      observable.addCallback(callback)
      this.#stops.push(() => observable.removeCallback(callback))
    }
    const histogram = (of: keyof CommitFigures) => {
      const { name, unit, text } = commitFigures[of]
      return meter.createHistogram(name, { unit, description: text })
    }
    this.#duration = histogram('duration')
    this.#events = histogram('events')
    this.#wait = histogram('wait')
  }

  committed({ duration, events, wait }: CommitFigures): void {
    this.#duration.record(duration)
    this.#events.record(events)
    this.#wait.record(wait)
  }

  stop(): void {
    for (const stop of this.#stops.splice(0)) stop()
  }
}
