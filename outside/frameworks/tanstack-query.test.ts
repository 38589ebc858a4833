import { createChatServer } from '@caughtup/server'
import { serve } from '@caughtup/server/node'
import { createStore } from '@caughtup/store'
import { memory } from '@caughtup/store/memory'
import { createChatClient, sse } from '@caughtup/web-client'
import { expect, onTestFinished, test } from 'vitest'

import { createQueryClient, historyOptions, searchOptions } from './tanstack-query/queries.ts'

/** A server with 120 messages, whose next answers may be others, and a client that counts its calls. */
async function setUp() {
  const store = await createStore({ storage: memory() })
  const chat = createChatServer({
    store,
    agent: async function* () {},
    principal: () => ({ id: 'me' }),
  })
  const serving = await serve(chat)
  const { id: sessionId } = await store.sessions.create({ owner: 'me' })
  await store.reconcile(
    sessionId,
    Array.from({ length: 120 }, (_, index) => ({
      id: `m-${index}`,
      role: 'user' as const,
      parts: [{ type: 'text' as const, text: index === 7 ? 'Some tea' : `Message ${index}` }],
    })),
  )
  const calls: string[] = []
  const instead: Response[] = []
  const client = createChatClient({
    link: sse({
      url: `${serving.url}/rpc`,
      fetch(input, init) {
        calls.push(new URL(input.url).pathname)
        const other = instead.shift()
        return other ? Promise.resolve(other) : fetch(input, init)
      },
    }),
  })
  const queries = createQueryClient()
  onTestFinished(async () => {
    queries.clear()
    client.close()
    await serving.close()
    await chat.close()
    await store.close()
  })
  return { client, queries, sessionId, calls, instead }
}

test('TanStack Query finds messages, and finds them again without a call', async () => {
  const { client, queries, calls } = await setUp()
  const options = { ...searchOptions(client, 'tea'), staleTime: Infinity }
  const { hits } = await queries.fetchQuery(options)
  expect(hits).toMatchObject([{ messageId: 'm-7', excerpt: 'Some tea' }])
  expect(await queries.fetchQuery(options)).toEqual({ hits })
  expect(calls).toEqual(['/rpc/sessions/search'])
})

test('TanStack Query reads a history page by page, each message once', async () => {
  const { client, queries, sessionId } = await setUp()
  const { pages } = await queries.fetchInfiniteQuery({
    ...historyOptions(client, sessionId),
    pages: 9,
  })
  expect(pages.length).toBeGreaterThan(1)
  const ids = pages.toReversed().flatMap(({ messages }) => messages.map(({ id }) => id))
  expect(ids).toEqual(Array.from({ length: 120 }, (_, index) => `m-${index}`))
  expect(pages.at(-1)?.nextCursor).toBe(null)
})

test('TanStack Query asks again after what may pass, when the server says, and not after what will not', async () => {
  const { client, queries, calls, instead } = await setUp()
  const json = {
    defined: true,
    code: 'UNAVAILABLE',
    status: 503,
    message: 'Busy',
    data: { retryAfter: 1 },
  }
  const headers = { 'content-type': 'application/json' }
  instead.push(new Response(JSON.stringify({ json }), { status: 503, headers }))
  instead.push(new Response('Bad gateway', { status: 502 }))
  const { hits } = await queries.fetchQuery(searchOptions(client, 'tea'))
  expect(hits).toHaveLength(1)
  expect(calls).toHaveLength(3)
  const unknown = queries.fetchInfiniteQuery(historyOptions(client, 'not-there'))
  await expect(unknown).rejects.toMatchObject({ code: 'NOT_FOUND' })
  expect(calls).toHaveLength(4)
})
