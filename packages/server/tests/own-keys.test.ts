import { applyEvent, emptyView, type View } from '@caughtup/schema/fold'
import { memory } from '@caughtup/store/memory'
import { sqlite } from '@caughtup/store/sqlite'
import { describe, expect, test } from 'vitest'

import { yielding } from './support/answer-of.ts'
import {
  type Client,
  fetchClient,
  openSocket,
  openTestServer,
  readRun,
  readUntil,
  serveTest,
  socketClient,
  testDatabase,
} from './support/open-test-server.ts'

const engines = {
  memory: () => memory(),
  SQLite: () => sqlite({ path: testDatabase() }),
}

type Serving = Awaited<ReturnType<typeof serveTest>>
const transports: Record<string, (serving: Serving) => Promise<Client>> = {
  'HTTP and SSE': async ({ url }) => fetchClient((request) => fetch(request), 'me', `${url}/rpc`),
  WebSocket: async (serving) => socketClient(await openSocket(serving)),
}

/** JSON as a model may write it: own members under names that every object inherits. */
const others = '"constructor":{"a":1},"prototype":{"b":[2]},"toString":3,"hasOwnProperty":null'
const odd = (inner = '') => `{"__proto__":{"admin":true},${others}${inner}}`
const value: unknown = JSON.parse(odd(`,"deep":[${odd()}],"\\u005f_proto__":1`))
const kept: unknown = JSON.parse(`{${others},"deep":[{${others}}]}`)

const cases = Object.keys(engines).flatMap((engine) =>
  Object.keys(transports).map((transport) => [engine, transport] as const),
)

describe.each(cases)('an own __proto__ on %s over %s', (engine, transport) => {
  test('is dropped everywhere, and every other name is kept', async () => {
    const call = { toolCallId: 'c', toolName: 'read' }
    const { chat, store, errors } = await openTestServer({
      storage: engines[engine as keyof typeof engines](),
      agent: yielding(
        { type: 'tool-input-start', id: 'cut', toolName: 'read' },
        { type: 'tool-input-delta', id: 'cut', delta: JSON.stringify(value) },
        { type: 'tool-call', ...call, input: value },
        { type: 'tool-result', ...call, input: value, output: value },
        { type: 'data-x', id: 'd', data: value },
        { type: 'custom', kind: 'acme.card', providerMetadata: { acme: value, ['__proto__']: {} } },
      ),
    })
    const client = await transports[transport]!(await serveTest(chat))
    const { id: sessionId } = await client.sessions.create()
    const stream = await client.onChat({ sessionId, mode: { type: 'full' } })
    const opening = await readUntil(stream, 'caught-up')
    await client.messages.send({ sessionId, text: 'Hi' })
    const events = [...opening, ...(await readRun(stream))].flatMap((frame) =>
      frame.type === 'events' ? frame.events : [],
    )
    const view = events.reduce<View>((before, event) => applyEvent(before, event).view, emptyView)
    const { messages } = await client.history.loadMore({ sessionId })
    const answer = (await store.window(sessionId)).messages[1]
    const expected = [
      {
        ...call,
        toolCallId: 'cut',
        type: 'dynamic-tool',
        state: 'output-error',
        input: kept,
        errorText: expect.any(String),
      },
      { ...call, type: 'dynamic-tool', state: 'output-available', input: kept, output: kept },
      { type: 'data-x', id: 'd', data: kept },
      { type: 'custom', kind: 'acme.card', providerMetadata: { acme: kept } },
    ]
    for (const parts of [answer?.parts, messages[1]?.parts, view.messages[1]?.parts]) {
      expect(parts).toEqual(expected)
      // `toEqual` ignores it.
      expect(JSON.stringify(parts)).not.toContain('__proto__')
    }
    expect(errors).toEqual([])
  })
})
