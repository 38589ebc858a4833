import { safe } from '@orpc/client'
import { ORPCError } from '@orpc/server'
import { expect, test } from 'vitest'

import { asChatError, ChatClientError, isPermanentError } from '../src/core/errors.ts'
import { setUp, until } from './support/harness.ts'

const limit = { code: 'LIMIT_EXCEEDED', data: { limit: 120, retryAfter: 500 } } as const

/** One failure in every place where it appears: `rpc`, `safe`, a view's call and its snapshot. */
async function comesOut(failure: () => never, answer?: Response) {
  const send = async () => failure()
  const onChat = async function* () {
    yield await send()
  }
  const { client, clock } = setUp(
    { send, onChat, interrupt: send },
    {},
    answer ? { fetch: async () => answer.clone() } : {},
  )
  const input = { sessionId: 's', text: 'Hi' }
  const ofRpc = await client.rpc.messages.send(input).catch((error: unknown) => error)
  const [ofSafe] = await safe(client.rpc.messages.send(input))
  const session = client.session('s')
  const ofView = await session.interrupt().catch((error: unknown) => error)
  session.subscribe(() => {})
  const shown = () => session.getSnapshot().connection.error
  for (let frame = 0; frame < 100 && !shown(); frame++) {
    await clock.advance(1)
    await until(() => true)
  }
  return { ofRpc, ofSafe, ofView, ofSnapshot: shown() }
}

const orpc = (code: string, options: object) => () => {
  throw new ORPCError(code, options)
}

test.each([
  ['an error of the protocol', orpc(limit.code, { status: 429, data: limit.data }), limit, false],
  [
    'a server of another version',
    orpc('PROTOCOL_MISMATCH', { status: 400, data: { value: '1', limit: 2 } }),
    { code: 'PROTOCOL_MISMATCH', data: { value: '1', limit: 2 } },
    true,
  ],
  ['a refusal for good', orpc('NOT_FOUND', { status: 404 }), { code: 'NOT_FOUND' }, true],
  [
    'a bug of the server',
    () => {
      throw new TypeError('secret')
    },
    { code: 'INTERNAL', data: {} },
    false,
  ],
] as const)(
  '%s has the same code and data wherever it appears',
  async (_, failure, expected, permanent) => {
    const { ofRpc, ofSafe, ofView, ofSnapshot } = await comesOut(failure)
    expect(ofRpc).toBeInstanceOf(ORPCError)
    expect(ofView).toBeInstanceOf(ChatClientError)
    for (const error of [ofRpc, ofSafe, ofView]) {
      expect(asChatError(error)).toMatchObject(expected)
      expect(isPermanentError(asChatError(error))).toBe(permanent)
    }
    expect(ofSnapshot).toMatchObject(expected)
  },
)

test("a proxy's page has the code of its status", async () => {
  const page = new Response('<h1>Bad gateway</h1>', { status: 502 })
  const { ofRpc, ofSafe, ofView, ofSnapshot } = await comesOut(orpc('NEVER', {}), page)
  for (const error of [ofRpc, ofSafe, ofView]) {
    expect(asChatError(error)).toMatchObject({ code: 'UNAVAILABLE' })
  }
  expect(ofSnapshot).toMatchObject({ code: 'UNAVAILABLE' })
})

test('a lost connection is NETWORK wherever it appears, with its cause', async () => {
  const { client } = setUp({}, {}, { fetch: () => Promise.reject(new TypeError('fetch failed')) })
  const [ofSafe] = await safe(client.rpc.sessions.list())
  const ofView = await client
    .session('s')
    .interrupt()
    .catch((error: unknown) => error)
  for (const error of [ofSafe, ofView]) {
    expect(asChatError(error)).toMatchObject({
      code: 'NETWORK',
      message: 'fetch failed',
      cause: expect.any(TypeError),
    })
  }
})

test('a ChatClientError stays the same object', () => {
  const error = new ChatClientError({ code: 'UNAUTHORIZED', message: 'nobody is signed in' })
  expect(asChatError(error)).toBe(error)
})
