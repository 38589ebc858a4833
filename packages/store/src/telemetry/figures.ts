import type { StoreStats } from '@caughtup/schema'

/** The measurements of one commit. */
export interface CommitFigures {
  /** How long the database took, in ms. */
  duration: number
  events: number
  /** How long its oldest change had waited, in ms. */
  wait: number
}

/** What a meter shows under a name. The table in the package's README has the same rows. */
interface Figure {
  name: string
  /** In the notation of UCUM, as OpenTelemetry asks. */
  unit: string
  text: string
}

/** A number of {@link StoreStats}, under its key there. */
type StatsKey = {
  [Key in keyof StoreStats]-?: StoreStats[Key] extends number ? Key : never
}[keyof StoreStats]

export interface StatsFigure extends Figure {
  kind: 'counter' | 'gauge'
  /** Several keys are told apart by the attribute `class`. */
  keys: StatsKey | Readonly<Record<string, StatsKey>>
}

export const statsFigures: readonly StatsFigure[] = [
  {
    kind: 'counter',
    name: 'caughtup.store.commits',
    unit: '{commit}',
    text: 'transactions that wrote events',
    keys: 'commits',
  },
  {
    kind: 'counter',
    name: 'caughtup.store.events',
    unit: '{event}',
    text: 'events written',
    keys: 'events',
  },
  {
    kind: 'counter',
    name: 'caughtup.store.event.size',
    unit: 'By',
    text: 'JSON of the events written; divided by the commits it is bytes per commit',
    keys: 'eventBytes',
  },
  {
    kind: 'counter',
    name: 'caughtup.store.deltas',
    unit: '{delta}',
    text: 'writer calls that were merged into events',
    keys: 'deltas',
  },
  {
    kind: 'counter',
    name: 'caughtup.store.retries',
    unit: '{attempt}',
    text: 'failed attempts to commit',
    keys: 'retries',
  },
  {
    kind: 'counter',
    name: 'caughtup.store.upkeep.failures',
    unit: '{attempt}',
    text: 'steps of maintenance that failed',
    keys: 'upkeepFailures',
  },
  {
    kind: 'counter',
    name: 'caughtup.store.updates.dropped',
    unit: '{update}',
    text: 'updates that slow subscribers of `store.updates` missed, by `class`: `lossy`, `must-deliver`',
    keys: { lossy: 'updateDrops', 'must-deliver': 'updateMustDeliverDrops' },
  },
  {
    kind: 'counter',
    name: 'caughtup.store.journal.unreadable',
    unit: '{event}',
    text: 'entries that could not be decoded when they were read',
    keys: 'unreadable',
  },
  {
    kind: 'gauge',
    name: 'caughtup.store.journal.unpacked',
    unit: '{event}',
    text: 'entries that are not packed yet',
    keys: 'unpackedEvents',
  },
  {
    kind: 'gauge',
    name: 'caughtup.store.flush.window',
    unit: 'ms',
    text: 'length of the flush window; above the configured one under load',
    keys: 'flushWindow',
  },
  {
    kind: 'gauge',
    name: 'caughtup.store.unflushed',
    unit: 'By',
    text: 'accepted and not yet committed',
    keys: 'unflushedBytes',
  },
  {
    kind: 'gauge',
    name: 'caughtup.store.messages.open',
    unit: '{message}',
    text: 'messages that are being written',
    keys: 'openMessages',
  },
  {
    kind: 'gauge',
    name: 'caughtup.store.followers',
    unit: '{follower}',
    text: 'followers of sessions',
    keys: 'followers',
  },
  {
    kind: 'gauge',
    name: 'caughtup.store.follower.lag',
    unit: '{event}',
    text: 'events that the follower furthest behind has not read yet',
    keys: 'followerLag',
  },
  {
    kind: 'gauge',
    name: 'caughtup.store.database.size',
    unit: 'By',
    text: "the database's files",
    keys: 'databaseBytes',
  },
]

/** Histograms over the commits. */
export const commitFigures: Readonly<Record<keyof CommitFigures, Figure>> = {
  duration: {
    name: 'caughtup.store.commit.duration',
    unit: 'ms',
    text: 'how long the database took for a commit',
  },
  events: {
    name: 'caughtup.store.commit.events',
    unit: '{event}',
    text: 'events of one commit',
  },
  wait: {
    name: 'caughtup.store.flush.wait',
    unit: 'ms',
    text: 'how long the oldest change of a commit had waited for it',
  },
}
