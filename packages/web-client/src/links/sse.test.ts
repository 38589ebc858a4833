import { ManualClock } from '@caughtup/schema/testing'
import { expect, test } from 'vitest'

import { rest, setUp, until } from '../../tests/support/harness.ts'
import { createChatClient } from '../create-chat-client.ts'
import { sse } from './sse.ts'

/** A server that sends the bytes of the test. */
function rawStream() {
  const encoder = new TextEncoder()
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  const writer = writable.getWriter()
  return {
    response: new Response(readable, { headers: { 'content-type': 'text/event-stream' } }),
    write: (text: string) => writer.write(encoder.encode(text)),
  }
}

test('keep-alive comments count as bytes: a stream that sends only them is not silent', async () => {
  const clock = new ManualClock()
  const { response, write } = rawStream()
  let requests = 0
  const client = createChatClient({
    link: sse({
      url: 'http://test/rpc',
      fetch: async () => {
        requests += 1
        return response
      },
    }),
    clock,
    random: () => 0.5,
  })
  const session = client.session('s')
  session.subscribe(() => {})
  await until(() => requests === 1)
  for (let i = 0; i < 10; i++) {
    await clock.advance(10_000)
    await write(': keep-alive\n\n')
    await rest()
  }
  expect(requests).toBe(1)
  expect(session.stats()).toMatchObject({ framesReceived: 0, connects: 1, bytesReceived: 140 })
  await clock.advance(15_000)
  await rest()
  await clock.advance(16)
  expect(session.getSnapshot().connection).toMatchObject({
    error: { code: 'NETWORK', message: 'the stream was silent for 15000 ms' },
  })
  client.close()
})

test('the headers function is called before each call', async () => {
  const seen: (string | null)[] = []
  let token = 0
  const { client } = setUp(
    {},
    {},
    {
      headers: () => ({ authorization: `Bearer ${++token}` }),
      fetch: async (input) => {
        seen.push(new Request(input).headers.get('authorization'))
        return new Response('no', { status: 401 })
      },
    },
  )
  await client.rpc.sessions.get({ sessionId: 's' }).catch(String)
  await client.rpc.sessions.get({ sessionId: 's' }).catch(String)
  expect(seen).toEqual(['Bearer 1', 'Bearer 2'])
})

test('every call names the version of the protocol, whatever the headers say', async () => {
  const seen: Record<string, string>[] = []
  const { client } = setUp(
    {},
    {},
    {
      headers: { authorization: 'Bearer 1', 'caughtup-protocol': '7' },
      fetch: async (input) => {
        seen.push(Object.fromEntries(new Request(input).headers))
        return new Response('no', { status: 401 })
      },
    },
  )
  await client.rpc.sessions.get({ sessionId: 's' }).catch(String)
  await client.rpc.activity.subscribe().catch(String)
  const sent = { authorization: 'Bearer 1', 'caughtup-protocol': '1' }
  expect(seen).toMatchObject([sent, sent])
})

test('an error of the headers function is shown, and the view tries again', async () => {
  let asked = 0
  const { client, clock } = setUp(
    {},
    {},
    {
      headers: async () => {
        asked += 1
        throw new Error('the tickets are out')
      },
    },
  )
  const session = client.session('s')
  session.subscribe(() => {})
  const shown = () => session.getSnapshot().connection
  for (let frame = 0; frame < 100 && shown().status !== 'waiting'; frame++) await clock.advance(1)
  expect(shown().error).toMatchObject({ code: 'NETWORK', message: 'the tickets are out' })
  await clock.advance(250)
  await until(() => asked === 2)
})
