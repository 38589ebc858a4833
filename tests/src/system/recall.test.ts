import { createChatServer } from '@caughtup/server'
import { serve } from '@caughtup/server/node'
import { createStore } from '@caughtup/store'
import { memory } from '@caughtup/store/memory'
import { createChatClient, sse } from '@caughtup/web-client'
import { expect, onTestFinished, test } from 'vitest'

test('a client recalls its own prompts of all sessions, page by page, and says what went wrong', async () => {
  const store = await createStore({ storage: memory() })
  const chat = createChatServer({
    store,
    agent: async function* () {
      yield { type: 'text-delta', text: 'Hi' }
    },
    principal: () => ({ id: 'me' }),
    drain: 0,
  })
  const serving = await serve(chat)
  const client = createChatClient({ link: sse({ url: `${serving.url}/rpc` }) })
  onTestFinished(async () => {
    client.close()
    await serving.close()
    await chat.close()
    await store.close()
  })
  expect(await client.prompts()).toEqual({ prompts: [], nextCursor: null })
  for (const text of ['One', 'Two', 'Three']) {
    const { id: sessionId } = await client.rpc.sessions.create({ title: text })
    await client.rpc.messages.send({ sessionId, text })
  }
  const first = await client.prompts({ limit: 2 })
  const rest = await client.prompts({ limit: 2, cursor: first.nextCursor! })
  expect([...first.prompts, ...rest.prompts].map(({ message }) => message.parts)).toMatchObject([
    [{ text: 'Three' }],
    [{ text: 'Two' }],
    [{ text: 'One' }],
  ])
  expect(rest.nextCursor).toBeNull()
  await expect(client.prompts({ cursor: 'nonsense' })).rejects.toMatchObject({ code: 'BAD_INPUT' })
})
