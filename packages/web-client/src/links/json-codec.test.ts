import { ORPCError } from '@orpc/client'
import { expect, test } from 'vitest'

import { until } from '../../tests/support/harness.ts'
import { createChatClient } from '../create-chat-client.ts'
import { sse } from './sse.ts'

/** A client whose requests all get the answer of the test. */
function answeredBy(answer: () => Response) {
  const requests: Request[] = []
  const client = createChatClient({
    link: sse({
      url: 'http://test/rpc/',
      fetch: async (request) => {
        requests.push(request)
        return answer()
      },
    }),
  })
  return { client, requests }
}

const json = (body: unknown, status = 200) => Response.json(body, { status })

test('a call is a POST of its input as JSON, without a description of types that JSON lacks', async () => {
  const { client, requests } = answeredBy(() => json({ json: { messageId: 'm' } }))
  const input = { sessionId: 's', name: 'n', data: [new Date(0), undefined] }
  expect(await client.rpc.sessions.signal(input, { lastEventId: 'c7' })).toEqual({ messageId: 'm' })
  const [request] = requests
  expect(request).toMatchObject({ method: 'POST', url: 'http://test/rpc/sessions/signal' })
  expect(Object.fromEntries(request!.headers)).toEqual({
    'caughtup-protocol': '1',
    'content-type': 'application/json',
    'last-event-id': 'c7',
  })
  expect(await request!.json()).toEqual({
    json: { sessionId: 's', name: 'n', data: ['1970-01-01T00:00:00.000Z', null] },
  })
})

test('a call without an input has an empty body, and one without an output gives undefined', async () => {
  const { client, requests } = answeredBy(() => json({}))
  expect(await client.rpc.sessions.list()).toBeUndefined()
  expect(await requests[0]!.json()).toEqual({})
})

test.each([
  ["a captive portal's page", () => new Response('<h1>Sign in</h1>')],
  ['an answer of something else', () => json('hello')],
  ['no answer', () => new Response()],
])('%s is not taken for an answer', async (_, answer) => {
  const { client } = answeredBy(answer)
  await expect(client.session('s').interrupt()).rejects.toMatchObject({
    code: 'NETWORK',
    message: 'the answer is not one of a Caughtup server',
  })
  const session = client.session('s')
  session.subscribe(() => {})
  await until(() => session.stats().connects > 0)
  await expect
    .poll(() => session.getSnapshot().connection)
    .toMatchObject({ error: { code: 'NETWORK' } })
  client.close()
})

test.each([
  [
    'that is not JSON',
    () => new Response('{', { status: 503, headers: { 'content-type': 'application/json' } }),
  ],
  ['of another form', () => json({ error: 'busy' }, 503)],
  ['without a body', () => new Response(null, { status: 503 })],
])('an error %s is one of its status', async (_, answer) => {
  const { client } = answeredBy(answer)
  const error = await client.rpc.sessions.list().catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(ORPCError)
  expect(error).toMatchObject({ status: 503, message: 'the server answered 503' })
})
