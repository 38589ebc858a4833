import { createChatServer } from '@caughtup/server'
import { serve } from '@caughtup/server/node'
import { createStore } from '@caughtup/store'
import { memory } from '@caughtup/store/memory'
import { createChatClient, sse } from '@caughtup/web-client'
import { expect, onTestFinished, test } from 'vitest'

/** A server whose answers use ten tokens each, and a client whose calls the test can hold back. */
async function open() {
  const store = await createStore({ storage: memory() })
  const chat = createChatServer({
    store,
    agent: async function* () {
      yield { type: 'text-delta', text: 'Hi' }
      yield { type: 'finish', usage: { inputTokens: 10 } }
    },
    principal: () => ({ id: 'me' }),
    drain: 0,
  })
  const serving = await serve(chat)
  /** What delays an answer on its way to the client, by the end of its path. */
  const delays = new Map<string, Promise<void>>()
  const client = createChatClient({
    link: sse({
      url: `${serving.url}/rpc`,
      async fetch(request, init) {
        const response = await fetch(request, init)
        const delay = [...delays].find(([path]) => request.url.endsWith(path))
        await delay?.[1]
        return response
      },
    }),
    idleViews: 0,
  })
  onTestFinished(async () => {
    client.close()
    await serving.close()
    await chat.close()
    await store.close()
  })
  const { id: sessionId } = await client.rpc.sessions.create({ title: 'Test' })
  const view = client.session(sessionId)
  const inputTokens = () => view.getSnapshot().usage?.totals.inputTokens
  return { store, client, sessionId, view, delays, inputTokens }
}

test('an answer of usage.get that was slow is told from the newer ledger of the view by its version', async () => {
  const { client, sessionId, view, delays, inputTokens } = await open()
  onTestFinished(view.subscribe(() => {}))
  await view.send({ text: 'One' })
  await expect.poll(inputTokens).toBe(10)
  const arrival = Promise.withResolvers<void>()
  delays.set('usage/get', arrival.promise)
  const slow = client.rpc.usage.get({ sessionId })
  const isAnswered = client.rpc.sessions.get({ sessionId })
  await isAnswered
  await view.send({ text: 'Two' })
  await expect.poll(inputTokens).toBe(20)
  arrival.resolve()
  const old = await slow
  const shown = view.getSnapshot().usage!
  expect(shown).toMatchObject({ version: 2, totals: { inputTokens: 20 } })
  expect(old.version).toBeLessThanOrEqual(shown.version)
  delays.clear()
  expect(await client.rpc.usage.get({ sessionId })).toMatchObject(shown)
})

test('a view that was closed while its session went on has the newest ledger when it is back', async () => {
  const { store, client, sessionId, view, inputTokens } = await open()
  const leave = view.subscribe(() => {})
  await view.send({ text: 'One' })
  await expect.poll(inputTokens).toBe(10)
  leave()
  const child = await store.sessions.create({ owner: 'me' })
  const spent = { type: 'usage', add: { inputTokens: 5 } } as const
  await store.append({ sessionId: child.id, drafts: [spent] })
  await store.rollUpUsage({ from: child.id, into: sessionId })
  await client.rpc.messages.send({ sessionId, text: 'Two' })
  await expect.poll(async () => (await store.usage(sessionId)).version).toBe(3)
  const seen: number[] = []
  onTestFinished(view.subscribe(() => seen.push(view.getSnapshot().usage?.version ?? 0)))
  await expect.poll(inputTokens).toBe(25)
  expect(seen).toEqual(seen.toSorted((a, b) => a - b))
  expect(view.getSnapshot().usage).toMatchObject({ version: 3 })
})
