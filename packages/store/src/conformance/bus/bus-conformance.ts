import { systemClock } from '@caughtup/schema/clock'

import type { Bus, BusFactory } from '../../port/bus.ts'
import type { ConformanceCase } from '../support/conformance-case.ts'
import { busCases } from './bus-cases.ts'

/** The buses of one database, for one case. */
export interface TestBuses {
  /** Called several times, as several processes would. */
  factory: BusFactory
  /** The buses of another database on the same server. */
  other: BusFactory
  /** Cuts all connections, for a bus that has any. */
  cut?(): Promise<void>
  /** Called at the end, after all buses were closed. */
  remove?(): void | Promise<void>
}

export interface BusConformanceOptions {
  /** Each case has its own. */
  open: () => Promise<TestBuses>
}

/** A case's buses. */
export class BusBed {
  readonly buses: TestBuses
  readonly #opened: Bus[] = []

  constructor(buses: TestBuses) {
    this.buses = buses
  }

  async open(factory = this.buses.factory): Promise<Bus> {
    const bus = await factory.open({ clock: systemClock })
    this.#opened.push(bus)
    return bus
  }

  async two(): Promise<[Bus, Bus]> {
    return [await this.open(), await this.open()]
  }

  async close(): Promise<void> {
    await Promise.all(this.#opened.map((bus) => bus.close()))
    await this.buses.remove?.()
  }
}

/**
 * The requirements of a bus, as cases for any test runner, like `storageConformance`. They run on the
 * machine's clock; none takes longer than a few seconds.
 */
export function busConformance({ open }: BusConformanceOptions): ConformanceCase[] {
  return Object.entries(busCases).map(([fact, check]) => ({
    title: `bus: ${fact}`,
    async run() {
      const bed = new BusBed(await open())
      try {
        await check(bed)
      } finally {
        await bed.close()
      }
    },
  }))
}
