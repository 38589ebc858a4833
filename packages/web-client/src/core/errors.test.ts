import { ORPCError } from '@orpc/client'
import { expect, test } from 'vitest'

import { isPermanentError, toViewError } from './errors.ts'

test('a code of the protocol is kept, with the known fields of its data', () => {
  const data = { retryAfter: 2_000, field: 'text', limit: '7', stack: 'secret' }
  const error = new ORPCError('LIMIT_EXCEEDED', { status: 429, message: 'too many sends', data })
  expect(toViewError(error)).toEqual({
    code: 'LIMIT_EXCEEDED',
    message: 'too many sends',
    data: { retryAfter: 2_000, field: 'text' },
  })
})

test.each([
  [400, 'BAD_INPUT'],
  [401, 'UNAUTHORIZED'],
  [403, 'UNAUTHORIZED'],
  [404, 'NOT_FOUND'],
  [413, 'TOO_LARGE'],
  [422, 'BAD_INPUT'],
  [429, 'LIMIT_EXCEEDED'],
  [500, 'INTERNAL'],
  [502, 'UNAVAILABLE'],
  [503, 'UNAVAILABLE'],
  [504, 'UNAVAILABLE'],
] as const)('a bare HTTP %i is %s', (status, code) => {
  expect(toViewError(new ORPCError('FROM_A_PROXY', { status })).code).toBe(code)
})

test('an error that is not an answer is NETWORK', () => {
  expect(toViewError(new TypeError('Failed to fetch'))).toMatchObject({
    code: 'NETWORK',
    message: 'Failed to fetch',
  })
})

test('limits, busy servers, unknown errors and the network are not permanent', () => {
  const of = (code: Parameters<typeof isPermanentError>[0]['code']) => isPermanentError({ code })
  expect(
    ['LIMIT_EXCEEDED', 'UNAVAILABLE', 'INTERNAL', 'NETWORK'].map((c) => of(c as 'NETWORK')),
  ).toEqual([false, false, false, false])
  expect(
    ['BAD_INPUT', 'UNAUTHORIZED', 'NOT_FOUND', 'CONFLICT'].map((c) => of(c as 'NETWORK')),
  ).toEqual([true, true, true, true])
})
