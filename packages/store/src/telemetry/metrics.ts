import type { StoreStats } from '@caughtup/schema'

import type { ObservableCallback, StoreMeter } from '../options/store-meter.ts'

/** One commit, as it is measured. */
export interface CommitFigures {
  /** How long the database took, in ms. */
  duration: number
  events: number
  /** How long the oldest change in it had waited to be committed, in ms. */
  wait: number
}

/** A value of {@link StoreStats} as an instrument. */
interface Instrument {
  kind: 'counter' | 'gauge'
  name: string
  unit: string
  description: string
  values: (stats: StoreStats) => readonly { value: number; attributes?: Record<string, string> }[]
}

const instruments: readonly Instrument[] = [
  {
    kind: 'counter',
    name: 'caughtup.store.commits',
    unit: '{commit}',
    description: 'Transactions that wrote events.',
    values: ({ commits }) => [{ value: commits }],
  },
  {
    kind: 'counter',
    name: 'caughtup.store.events',
    unit: '{event}',
    description: 'Events written.',
    values: ({ events }) => [{ value: events }],
  },
  {
    kind: 'counter',
    name: 'caughtup.store.event.size',
    unit: 'By',
    description: 'JSON of the events written.',
    values: ({ eventBytes }) => [{ value: eventBytes }],
  },
  {
    kind: 'counter',
    name: 'caughtup.store.deltas',
    unit: '{delta}',
    description: 'Writer calls that were merged into events.',
    values: ({ deltas }) => [{ value: deltas }],
  },
  {
    kind: 'counter',
    name: 'caughtup.store.retries',
    unit: '{attempt}',
    description: 'Failed attempts to commit.',
    values: ({ retries }) => [{ value: retries }],
  },
  {
    kind: 'counter',
    name: 'caughtup.store.upkeep.failures',
    unit: '{attempt}',
    description: 'Steps of upkeep that failed.',
    values: ({ upkeepFailures }) => [{ value: upkeepFailures }],
  },
  {
    kind: 'counter',
    name: 'caughtup.store.updates.dropped',
    unit: '{update}',
    description: 'Message states that slow readers of store.updates did not get.',
    values: ({ updateDrops, updateMustDeliverDrops }) => [
      { value: updateDrops, attributes: { class: 'lossy' } },
      { value: updateMustDeliverDrops, attributes: { class: 'must-deliver' } },
    ],
  },
  {
    kind: 'counter',
    name: 'caughtup.store.journal.unreadable',
    unit: '{event}',
    description: 'Journal entries that could not be decoded when they were read.',
    values: ({ unreadable }) => [{ value: unreadable }],
  },
  {
    kind: 'gauge',
    name: 'caughtup.store.journal.unpacked',
    unit: '{event}',
    description: 'Journal entries that are not in their final place yet.',
    values: ({ unpackedEvents }) => [{ value: unpackedEvents }],
  },
  {
    kind: 'gauge',
    name: 'caughtup.store.flush.window',
    unit: 'ms',
    description: 'Length of the flush window.',
    values: ({ flushWindow }) => [{ value: flushWindow }],
  },
  {
    kind: 'gauge',
    name: 'caughtup.store.unflushed',
    unit: 'By',
    description: 'Accepted and not yet committed.',
    values: ({ unflushedBytes }) => [{ value: unflushedBytes }],
  },
  {
    kind: 'gauge',
    name: 'caughtup.store.messages.open',
    unit: '{message}',
    description: 'Messages that are being written.',
    values: ({ openMessages }) => [{ value: openMessages }],
  },
  {
    kind: 'gauge',
    name: 'caughtup.store.followers',
    unit: '{follower}',
    description: 'Followers of sessions.',
    values: ({ followers }) => [{ value: followers }],
  },
  {
    kind: 'gauge',
    name: 'caughtup.store.follower.lag',
    unit: '{event}',
    description: 'Events that the follower furthest behind has not taken yet.',
    values: ({ followerLag }) => [{ value: followerLag }],
  },
  {
    kind: 'gauge',
    name: 'caughtup.store.database.size',
    unit: 'By',
    description: "The database's files.",
    values: ({ databaseBytes }) => [{ value: databaseBytes }],
  },
]

/** Shows the store's figures on a meter until it is stopped. */
export class Metrics {
  readonly #stops: (() => void)[] = []
  readonly #record: ((figures: CommitFigures) => void)[]

  constructor(meter: StoreMeter, stats: () => StoreStats) {
    for (const { kind, name, unit, description, values } of instruments) {
      const options = { unit, description }
      const observable =
        kind === 'counter'
          ? meter.createObservableCounter(name, options)
          : meter.createObservableGauge(name, options)
      const callback: ObservableCallback = (result) => {
        for (const { value, attributes } of values(stats())) result.observe(value, attributes)
      }
      observable.addCallback(callback)
      this.#stops.push(() => observable.removeCallback(callback))
    }
    const duration = meter.createHistogram('caughtup.store.commit.duration', {
      unit: 'ms',
      description: 'How long the database took for a commit.',
    })
    const events = meter.createHistogram('caughtup.store.commit.events', {
      unit: '{event}',
      description: 'Events of one commit.',
    })
    const wait = meter.createHistogram('caughtup.store.flush.wait', {
      unit: 'ms',
      description: 'How long the oldest change of a commit had waited for it.',
    })
    this.#record = [
      (figures) => duration.record(figures.duration),
      (figures) => events.record(figures.events),
      (figures) => wait.record(figures.wait),
    ]
  }

  committed(figures: CommitFigures): void {
    for (const record of this.#record) record(figures)
  }

  stop(): void {
    for (const stop of this.#stops.splice(0)) stop()
  }
}
