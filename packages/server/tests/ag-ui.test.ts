import { describe, expect, test } from 'vitest'

import { agUi } from '../src/ag-ui.ts'
import { openTestServer, type TestServerOptions } from './support/open-test-server.ts'

async function openEndpoint(options: TestServerOptions = {}) {
  const server = await openTestServer({ mounts: [agUi({ path: '/ag-ui' })], ...options })
  const ask = (body: unknown, headers: Record<string, string> = {}, method = 'POST', path = '') =>
    server.chat.fetch(
      new Request(`http://localhost/ag-ui${path}`, {
        method,
        headers: { 'content-type': 'application/json', 'x-principal': 'me', ...headers },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    )
  return { ...server, ask }
}

const input = (...messages: unknown[]) => ({ threadId: 'thread', runId: 'run', messages })
const prompt = (id: string, content: unknown = 'Hi') => ({ id, role: 'user', content })

/** The events of an answer, one line each. */
async function eventsOf(answer: Response): Promise<Record<string, unknown>[]> {
  const text = await answer.text()
  return [...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data ?? ''))
}

test('a run begins and ends as the protocol says, and all that is opened is closed', async () => {
  const { ask } = await openEndpoint()
  const answer = await ask(input(prompt('u1')))
  expect(answer.headers.get('content-type')).toBe('text/event-stream')
  const id = expect.any(String)
  expect(await eventsOf(answer)).toEqual([
    { type: 'RUN_STARTED', threadId: 'thread', runId: 'run' },
    { type: 'TEXT_MESSAGE_START', messageId: id, role: 'assistant' },
    { type: 'TEXT_MESSAGE_CONTENT', messageId: id, delta: 'Hello' },
    { type: 'TEXT_MESSAGE_END', messageId: id },
    { type: 'RUN_FINISHED', threadId: 'thread', runId: 'run', outcome: { type: 'success' } },
  ])
})

test('a prompt that was sent before is not sent again: the client is told what there is', async () => {
  const { ask, store } = await openEndpoint()
  await eventsOf(await ask(input(prompt('u1'))))
  const again = await eventsOf(await ask(input(prompt('u1'))))
  expect(again).toMatchObject([
    { type: 'RUN_STARTED' },
    {
      type: 'MESSAGES_SNAPSHOT',
      messages: [
        { id: 'u1', role: 'user', content: 'Hi' },
        { role: 'assistant', content: 'Hello' },
      ],
    },
    { type: 'RUN_FINISHED', outcome: { type: 'success' } },
  ])
  expect((await store.window('thread')).messages).toHaveLength(2)
})

test('files of a prompt are kept, and told again', async () => {
  const { ask } = await openEndpoint()
  const image = (source: object) => ({ type: 'image', source })
  const content = [
    { type: 'text', text: 'What is it?' },
    image({ type: 'data', value: 'iVBORw0KGgo=', mimeType: 'image/png' }),
  ]
  await eventsOf(await ask(input(prompt('u1', content))))
  const [, snapshot] = await eventsOf(await ask(input()))
  const value = 'data:image/png;base64,iVBORw0KGgo='
  expect(snapshot).toMatchObject({
    messages: [
      { content: [content[0], image({ type: 'url', value, mimeType: 'image/png' })] },
      { role: 'assistant' },
    ],
  })
})

test.each([
  [undefined, 'body'],
  [{ runId: 'run', messages: [] }, 'threadId'],
  [{ threadId: 'thread', messages: [] }, 'runId'],
  [{ ...input(), messages: 'none' }, 'messages'],
  [input({ role: 'user', content: 'Hi' }), 'messages.0.id'],
  [input(prompt('u1', 7)), 'messages.0.content'],
  [input(prompt('u 1')), 'messages.0.id'],
  [input(prompt('u1', ' ')), 'parts'],
  [
    input(prompt('u1', [{ type: 'image', source: { type: 'file', value: 'x' } }])),
    'messages.0.content.0.source.type',
  ],
  [{ ...input(), resume: [{ status: 'resolved' }] }, 'resume.0.interruptId'],
])('a request that cannot be read names the field (case %#)', async (body, field) => {
  const { ask, store } = await openEndpoint()
  const refused = await ask(body)
  expect([refused.status, await refused.json()]).toMatchObject([
    400,
    { code: 'BAD_INPUT', data: { field } },
  ])
  await expect(store.window('thread')).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

describe('the endpoint', () => {
  test('is for who may follow the session; others find nothing, and make nothing', async () => {
    const { ask, chat, client } = await openEndpoint()
    await client('ann').sessions.create({ sessionId: 'thread', members: ['bob'] })
    for (const [as, status] of [
      ['ann', 200],
      ['bob', 200],
      ['carol', 404],
    ] as const) {
      const answer = await ask(input(), { 'x-principal': as })
      expect([as, answer.status]).toEqual([as, status])
      await answer.body?.cancel()
    }
    const stolen = await ask(input(prompt('u1')), { 'x-principal': 'carol' })
    expect(stolen.status).toBe(409)
    const nobody = await chat.fetch(
      new Request('http://localhost/ag-ui', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(input(prompt('u1'))),
      }),
    )
    expect(nobody.status).toBe(401)
    const stop = await ask(undefined, { 'x-principal': 'carol' }, 'DELETE', '/thread')
    expect(stop.status).toBe(404)
  })

  test('takes JSON by POST, from no page of another origin', async () => {
    const { ask } = await openEndpoint()
    for (const method of ['GET', 'PUT', 'PATCH', 'DELETE']) {
      expect([method, (await ask(undefined, {}, method)).status]).toEqual([method, 405])
    }
    const evil = await ask(input(prompt('u1')), { origin: 'https://evil.example' })
    expect(evil.status).toBe(401)
    const form = await ask(input(prompt('u1')), { 'content-type': 'text/plain' })
    expect(form.status).toBe(400)
  })

  test('counts a run among the open streams of its principal', async () => {
    const gate = Promise.withResolvers<void>()
    const { ask } = await openEndpoint({
      limits: { streamsPerPrincipal: 1 },
      agent: async function* () {
        await gate.promise
        yield { type: 'text-delta', text: 'Late' }
      },
    })
    const first = await ask(input(prompt('u1')))
    expect((await ask(input())).status).toBe(429)
    gate.resolve()
    expect((await eventsOf(first)).at(-1)).toMatchObject({ type: 'RUN_FINISHED' })
    expect((await ask(input())).status).toBe(200)
  })
})
