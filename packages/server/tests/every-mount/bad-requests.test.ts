import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { connect } from 'node:net'
import { setImmediate } from 'node:timers/promises'

import { createStore, type Store } from '@caughtup/store'
import { memory } from '@caughtup/store/memory'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'

import { agUi } from '../../src/ag-ui.ts'
import { chatRoutes } from '../../src/ai-sdk.ts'
import { durableStreams } from '../../src/durable-streams.ts'
import type { Mount } from '../../src/host/mount.ts'
import { openApi } from '../../src/openapi.ts'
import { type Client, openTestServer, serveTest } from '../support/open-test-server.ts'
import { type RawAnswer, type RawRequest, sendRaw } from '../support/requests/raw-request.ts'
import { engines } from '../support/tables/engines.ts'
import { openSharedSession, stateOf } from '../support/tables/shared-session.ts'
import { bodyBytes, oddRequest } from './odd-requests.ts'
import { everyMount, routes } from './routes.ts'

const mounts = (): Mount[] => [
  { ...openApi(), bodyBytes },
  chatRoutes({ bodyBytes }),
  agUi({ path: '/ag-ui', bodyBytes }),
  durableStreams({ path: '/streams' }),
]

const known = new Set([200, 204, 304, 400, 401, 404, 405, 409, 410, 413])

/** What is wrong with an answer. */
function faultOf(
  { method, target }: RawRequest,
  { status, headers, text }: RawAnswer,
): string | undefined {
  if (!known.has(status)) return `the status ${status}`
  if (method === 'HEAD') return text === '' ? undefined : 'a HEAD with a body'
  // By the HTTP parser of Node.
  if (status < 400 || headers['content-type'] === undefined) return undefined
  if (text.length > 1_500) return `an error of ${text.length} characters`
  if (target.startsWith('/api/chat')) return text === '' ? 'an error without a text' : undefined
  // `..` leads out of the mount, to the procedures' own form of errors.
  const answer: unknown = JSON.parse(text)
  const { code, message, data = {} } = Object(Object(answer).json ?? answer)
  if (typeof code !== 'string' || typeof message !== 'string') return `an error without a code`
  if (code === 'TOO_LARGE' && typeof data.limit !== 'number') return 'a TOO_LARGE without its limit'
  // Of a body as a whole there is no member to name.
  const isUnread = message === 'The request cannot be read.' || message.startsWith('The input: ')
  if (code === 'BAD_INPUT' && data.field === undefined && !isUnread)
    return 'a BAD_INPUT without a field'
  return undefined
}

/** What requests could have written. */
async function writtenIn(store: Store): Promise<unknown> {
  const lists = await Promise.all(['owner', 'other'].map((id) => store.sessions.list(id)))
  return [store.stats().events, lists]
}

const post = (target: string, body: unknown): [RawRequest] => [
  {
    method: 'POST',
    target,
    headers: [
      ['host', 'localhost'],
      ['x-principal', 'owner'],
      ['content-type', 'application/json'],
    ],
    body: Buffer.from(JSON.stringify(body)),
  },
]
const get = (target: string): [RawRequest] => [
  {
    method: 'GET',
    target,
    headers: [
      ['host', 'localhost'],
      ['x-principal', 'owner'],
    ],
  },
]

/** What went wrong once. */
const examples: [RawRequest][] = [
  // PostgreSQL has no texts with this character.
  get('/api/chat/a%00b/stream'),
  get('/streams/a%00b'),
  post('/ag-ui', { threadId: 'a\u0000b', runId: 'run' }),
  post('/ag-ui', {
    threadId: 'session',
    runId: 'run',
    messages: [{ id: 'a\u0000b', role: 'user', content: 'Hi' }],
  }),
  // The first prompts of sessions, which they made though they were refused.
  post('/ag-ui', {
    threadId: 'new-1',
    runId: 'run',
    messages: [{ id: 'a b', role: 'user', content: 'Hi' }],
  }),
  post('/ag-ui', {
    threadId: 'new-2',
    runId: 'run',
    messages: [{ id: 'a', role: 'user', content: ' ' }],
  }),
  post('/api/chat', {
    id: 'new-3',
    messages: [{ id: 'a', role: 'user', parts: [{ type: 'text', text: '' }] }],
  }),
]

const unlimited = {
  createsPerMinute: Infinity,
  sendsPerMinute: Infinity,
  interruptsPerMinute: Infinity,
  changesPerMinute: Infinity,
  streamsPerPrincipal: Infinity,
}

test.each(engines)(
  'whatever comes to a mount on %s, it is done or refused with a typed error, and what is refused writes nothing',
  async (_, openStorage) => {
    const store = await createStore({
      storage: await openStorage((close) => onTestFinished(async () => void (await close()))),
    })
    onTestFinished(() => store.close())
    const { chat, client, errors } = await openTestServer({
      store,
      closes: true,
      mounts: mounts(),
      stats: () => true,
      principal: ({ headers }) => {
        const id = headers.get('x-principal')
        return id ? { id } : undefined
      },
      limits: unlimited,
    })
    const { port } = await serveTest(chat)
    const owner = client('owner')
    await openSharedSession(store, { id: 'session' })
    await store.sessions.create({ sessionId: 'theirs', owner: 'other' })
    await fc.assert(
      fc.asyncProperty(oddRequest, async (request) => {
        const before = await writtenIn(store)
        const answer = await sendRaw(port, request)
        expect(answer && faultOf(request, answer)).toBeUndefined()
        // Those who hang up may get none.
        expect(answer ?? request.cut).toBeDefined()
        expect(errors.splice(0)).toEqual([])
        const isRefused = answer !== undefined && answer.status >= 400
        // What was begun is over before the next one.
        while (!isRefused && (await runsOf(owner)) > 0) await setImmediate()
        expect(isRefused ? await writtenIn(store) : before).toEqual(before)
      }),
      { numRuns: 100, examples },
    )
  },
)

async function runsOf(client: Client): Promise<number> {
  return (await client.server.stats()).runs
}

const withBody = Object.entries(routes).flatMap(([name, route]) =>
  'body' in route ? [[name, route] as const] : [],
)

test.each(withBody)('%s refuses what is nested far too deep', async (_, route) => {
  const { chat, store, errors } = await openTestServer({
    storage: memory(),
    mounts: everyMount(),
    limits: unlimited,
  })
  const sessionId = await openSharedSession(store)
  const before = await stateOf(store, sessionId)
  const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`
  const deeper = `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`
  const sound: object = route.body(sessionId)
  // Of the AI SDK's `trigger` other texts are let pass, and so is all else.
  const members = ['', ...Object.keys(sound).filter((member) => member !== 'trigger')]
  for (const odd of [deep, deeper]) {
    for (const member of members) {
      const others = JSON.stringify({ ...sound, [member]: undefined }).slice(1)
      const body = member === '' ? odd : `{"${member}":${odd}${others === '}' ? '' : ','}${others}`
      const answer = await chat.fetch(
        new Request(`http://localhost${route.path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-principal': 'owner' },
          body,
        }),
      )
      expect([member, answer.status]).toEqual([member, 400])
      expect((await answer.text()).length).toBeLessThan(1_500)
    }
  }
  expect(errors).toEqual([])
  expect(await stateOf(store, sessionId)).toEqual(before)
})

test('a body that stops in the middle is given up after `stuckAfter`', async () => {
  const { chat, store, errors } = await openTestServer({
    storage: memory(),
    mounts: everyMount(),
    stuckAfter: 50,
  })
  const { port } = await serveTest(chat)
  for (const target of ['/api/sessions/create', '/api/chat', '/ag-ui']) {
    const socket = connect(port, '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    const head = [`POST ${target} HTTP/1.1`, 'host: localhost', 'x-principal: owner']
    const lines = [...head, 'content-type: application/json', 'content-length: 99', '', '{"id":']
    socket.write(lines.join('\r\n'))
    await once(socket, 'close')
  }
  expect((await store.sessions.list('owner')).sessions).toEqual([])
  expect(errors).toEqual([])
})
