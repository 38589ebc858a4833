import { defaultLimits } from '@caughtup/schema'
import { ManualClock } from '@caughtup/schema/testing'
import { describe, expect, test } from 'vitest'

import { RateLimit } from './rate-limit.ts'

describe('a rate limit', () => {
  test('covers a sliding minute, and says when the next call is possible', async () => {
    const clock = new ManualClock()
    const rate = new RateLimit('signalsPerMinute', {
      limits: { ...defaultLimits, signalsPerMinute: 2 },
      clock,
    })
    rate.take('me')
    await clock.advance(20_000)
    rate.take('me')
    await clock.advance(10_000)
    expect(() => rate.take('me')).toThrow(
      expect.objectContaining({
        code: 'LIMIT_EXCEEDED',
        data: { limit: 2, retryAfter: 30_000 },
      }),
    )
    rate.take('you')
    await clock.advance(30_000)
    rate.take('me')
    expect(() => rate.take('me')).toThrow('More than')
  })

  test('does not depend on the wall clock', () => {
    const clock = new ManualClock()
    const rate = new RateLimit('signalsPerMinute', {
      limits: { ...defaultLimits, signalsPerMinute: 1 },
      clock,
    })
    rate.take('me')
    clock.stepWall(3_600_000)
    expect(() => rate.take('me')).toThrow('More than')
  })
})
