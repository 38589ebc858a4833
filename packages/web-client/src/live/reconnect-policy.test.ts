import { expect, test } from 'vitest'

import { chatClientDefaults } from '../chat-client-options.ts'
import type { ChatErrorCode, ViewError } from '../core/errors.ts'
import { type Outcome, ReconnectPolicy } from './reconnect-policy.ts'

const error = (code: ChatErrorCode, data: ViewError['data'] = {}) => ({ code, message: '', data })
const broken = (failure?: ViewError, live = false, stable = false): Outcome => ({
  live,
  stable,
  ...(failure && { error: failure }),
})

function policy(recovers: (failure: ViewError) => boolean = () => false) {
  const { reconnect } = chatClientDefaults
  return new ReconnectPolicy({ reconnect, random: () => 1 }, recovers)
}

test.each(['UNAUTHORIZED', 'NOT_FOUND', 'BAD_INPUT', 'CONFLICT'] as const)(
  'a view fails after %s',
  (code) => {
    const failure = error(code)
    const reconnect = policy()
    reconnect.attempt()
    expect(reconnect.next(broken(failure))).toEqual({ type: 'failed', error: failure, attempts: 1 })
  },
)

test('a permanent error is retried if the next attempt requests something else', () => {
  expect(policy(() => true).next(broken(error('BAD_INPUT')))).toMatchObject({ type: 'retry' })
})

test.each(['NETWORK', 'UNAVAILABLE', 'LIMIT_EXCEEDED'] as const)(
  'a view retries after %s without end',
  (code) => {
    const reconnect = policy()
    for (let failure = 0; failure < 1_000; failure++) {
      expect(reconnect.next(broken(error(code)))).toMatchObject({ type: 'retry' })
    }
  },
)

test('a view fails after ten unknown errors in a row', () => {
  const reconnect = policy()
  const types = (codes: readonly ChatErrorCode[]) =>
    codes.map((code) => reconnect.next(broken(error(code))).type)
  const nine = Array.from({ length: 9 }, () => 'INTERNAL' as const)
  expect(new Set(types([...nine, 'NETWORK', ...nine]))).toEqual(new Set(['retry']))
  expect(types(['INTERNAL'])).toEqual(['failed'])
})

test('the delays start over after a stream that was live for long enough, and only then', () => {
  const reconnect = policy()
  const delay = (outcome: Outcome) => {
    const next = reconnect.next(outcome)
    return next.type === 'retry' ? next.wait.delay : undefined
  }
  expect([broken(), broken(), broken(undefined, true)].map(delay)).toEqual([250, 500, 1_000])
  expect([broken(undefined, true, true), broken()].map(delay)).toEqual([250, 500])
})

test('the wait lasts at least as long as the server asked for', () => {
  const busy = error('UNAVAILABLE', { retryAfter: 60_000 })
  const wait = { delay: 60_000, requested: true }
  expect(policy().next(broken(busy))).toMatchObject({ type: 'retry', wait })
})

test.each(['session-deleted', 'forbidden', 'replaced'] as const)(
  'a stream that ended as %s is not requested again',
  (reason) => {
    expect(policy().next({ ...broken(), end: reason })).toEqual({ type: 'ended', reason })
  },
)

test('a stream that ended because the server shuts down is requested again', () => {
  expect(policy().next({ ...broken(), end: 'shutting-down' })).toMatchObject({ type: 'retry' })
})
