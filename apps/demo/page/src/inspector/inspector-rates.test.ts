import type { ServerStats } from '@caughtup/schema'
import { describe, expect, it } from 'vitest'

import { type InspectorSample, inspectorRates } from './inspector-rates.ts'

function sample(at: number, counters: Partial<InspectorSample> = {}): InspectorSample {
  return { at, framesReceived: 0, bytesReceived: 0, notifications: 0, redraws: 0, ...counters }
}

function server(commits: number, deltas: number, events: number): ServerStats {
  return {
    store: {
      commits,
      deltas,
      events,
      eventBytes: 0,
      commitDuration: 0,
      flushWait: 0,
      flushWindow: 33,
      unflushedBytes: 0,
      openMessages: 0,
      followers: 0,
      followerLag: 0,
      unpackedEvents: 0,
      unreadable: 0,
      databaseBytes: 0,
      upkeepFailures: 0,
      retries: 0,
      updateDrops: 0,
      updateMustDeliverDrops: 0,
    },
    uptime: 0,
    chatStreams: 0,
    activityStreams: 0,
    runs: 0,
    ignoredParts: 0,
  }
}

describe('inspectorRates', () => {
  it('divides by the time between the samples', () => {
    const rates = inspectorRates(sample(1_000), sample(3_000, { framesReceived: 60, redraws: 30 }))
    expect(rates).toMatchObject({ framesPerSecond: 30, redrawsPerSecond: 15 })
  })

  it('counts the tokens and events of one commit', () => {
    const rates = inspectorRates(
      sample(0, { server: server(10, 100, 20) }),
      sample(1_000, { server: server(40, 300, 50) }),
    )
    expect(rates).toMatchObject({ commitsPerSecond: 30, tokensPerSecond: 200, followerLag: 0 })
    expect(rates.tokensPerCommit).toBeCloseTo(200 / 30)
    expect(rates.eventsPerCommit).toBe(1)
  })

  it('has no tokens per commit in a second without commits', () => {
    const idle = server(10, 100, 20)
    const rates = inspectorRates(sample(0, { server: idle }), sample(1_000, { server: idle }))
    expect(rates).not.toHaveProperty('tokensPerCommit')
    expect(rates.commitsPerSecond).toBe(0)
  })

  it('compares no figures of two processes, or of one before and after its restart', () => {
    const of = (process: number, uptime: number) =>
      sample(uptime, { process, server: { ...server(10, 100, 20), uptime } })
    expect(inspectorRates(of(1, 1_000), of(1, 2_000))).toHaveProperty('commitsPerSecond')
    expect(inspectorRates(of(1, 1_000), of(2, 2_000))).not.toHaveProperty('commitsPerSecond')
    expect(inspectorRates(of(1, 2_000), of(1, 1_000))).not.toHaveProperty('commitsPerSecond')
  })
})
