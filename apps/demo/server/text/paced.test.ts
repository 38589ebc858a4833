import { ManualClock } from '@caughtup/schema/testing'
import { describe, expect, it } from 'vitest'

import { paced } from './paced.ts'

/** Takes the items and records when each came. */
function record(items: Iterable<number>, pace: Parameters<typeof paced>[1]) {
  const came: number[] = []
  const done = (async () => {
    for await (const _ of paced(items, pace)) came.push(pace.clock.monotonic())
  })()
  return { came, done }
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index)

describe('paced', () => {
  it('yields the n-th item at start + n / rate', async () => {
    const clock = new ManualClock()
    const { signal } = new AbortController()
    const { came, done } = record(numbers(5), { clock, perSecond: 4, signal })
    await clock.advance(1_000)
    await done
    expect(came).toEqual([0, 250, 500, 750, 1_000])
  })

  it('does not add up the lateness of timers', async () => {
    const clock = new ManualClock()
    const late = {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      after: (ms: number, callback: () => void) => clock.after(Math.ceil(ms) + 3, callback),
    }
    const { signal } = new AbortController()
    const { came, done } = record(numbers(1_001), { clock: late, perSecond: 1_000, signal })
    await clock.advance(1_010)
    await done
    expect(came).toHaveLength(1_001)
    expect(came.at(-1)).toBeLessThanOrEqual(1_004)
  })

  it('yields several items at once at rates above the resolution of timers', async () => {
    const clock = new ManualClock()
    const whole = {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      after: (ms: number, callback: () => void) =>
        clock.after(Math.max(1, Math.ceil(ms)), callback),
    }
    const { signal } = new AbortController()
    const { came, done } = record(numbers(101), { clock: whole, perSecond: 10_000, signal })
    await clock.advance(10)
    await done
    expect(came).toHaveLength(101)
    expect(came.at(-1)).toBe(10)
    expect(new Set(came).size).toBeLessThanOrEqual(11)
  })

  it('rejects with the reason of its signal during a wait', async () => {
    const clock = new ManualClock()
    const stopping = new AbortController()
    const { came, done } = record(numbers(10), { clock, perSecond: 1, signal: stopping.signal })
    const ended = done.catch((error: unknown) => error)
    await clock.advance(1_500)
    stopping.abort(new Error('stopped'))
    expect(await ended).toEqual(new Error('stopped'))
    expect(came).toEqual([0, 1_000])
    expect(clock.pending).toBe(0)
  })
})
