import type { ServerStats } from '@caughtup/schema'

/** The counters in the drawer at one moment. */
export interface InspectorSample {
  /** When they were read, in ms of a monotonic clock. */
  at: number
  framesReceived: number
  bytesReceived: number
  notifications: number
  redraws: number
  /** Absent if the server did not answer. */
  server?: ServerStats
  /** The id of the process that `server` is of. Absent where there is only one. */
  process?: number
}

/** Rates between two samples. */
export interface InspectorRates {
  framesPerSecond: number
  bytesPerSecond: number
  notificationsPerSecond: number
  redrawsPerSecond: number
  /** The server's rates are absent if it did not answer, or another process did. */
  commitsPerSecond?: number
  /** Deltas, and a delta is nearly always a token. */
  tokensPerSecond?: number
  /** Absent without commits. */
  tokensPerCommit?: number
  eventsPerCommit?: number
  /** Events that the slowest reader of the server had yet to read at the end. */
  followerLag?: number
}

export function inspectorRates(before: InspectorSample, after: InspectorSample): InspectorRates {
  const seconds = Math.max(after.at - before.at, 1) / 1_000
  const rates = {
    framesPerSecond: (after.framesReceived - before.framesReceived) / seconds,
    bytesPerSecond: (after.bytesReceived - before.bytesReceived) / seconds,
    notificationsPerSecond: (after.notifications - before.notifications) / seconds,
    redrawsPerSecond: (after.redraws - before.redraws) / seconds,
  }
  if (!before.server || !after.server || !isSameProcess(before, after)) return rates
  const [former, store] = [before.server.store, after.server.store]
  const commits = store.commits - former.commits
  return {
    ...rates,
    commitsPerSecond: commits / seconds,
    tokensPerSecond: (store.deltas - former.deltas) / seconds,
    followerLag: store.followerLag,
    ...(commits > 0 && {
      tokensPerCommit: (store.deltas - former.deltas) / commits,
      eventsPerCommit: (store.events - former.events) / commits,
    }),
  }
}

function isSameProcess(before: InspectorSample, after: InspectorSample): boolean {
  // Uptime begins anew with a process that was started again.
  const goesOn = (after.server?.uptime ?? 0) >= (before.server?.uptime ?? 0)
  return before.process === after.process && goesOn
}
