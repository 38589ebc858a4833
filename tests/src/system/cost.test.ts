import { createChatServer } from '@caughtup/server'
import { serve } from '@caughtup/server/node'
import { createStore } from '@caughtup/store'
import { memory } from '@caughtup/store/memory'
import { createChatClient, type Link, sse, webSocket } from '@caughtup/web-client'
import { expect, onTestFinished, test } from 'vitest'

const links: [string, (url: string) => Link][] = [
  ['HTTP', (url) => sse({ url })],
  ['a WebSocket', (url) => webSocket({ url })],
]

test.each(links)(
  'over %s, a view shows what its session has cost, live and later',
  async (_, link) => {
    const store = await createStore({ storage: memory() })
    const chat = createChatServer({
      store,
      agent: async function* () {
        yield { type: 'text-delta', text: 'Hi' }
        yield { type: 'finish', usage: { inputTokens: 10, outputTokens: 2 } }
      },
      price: (model, { inputTokens = 0, outputTokens = 0 }) =>
        model === 'large' ? inputTokens + 5 * outputTokens : undefined,
      principal: () => ({ id: 'me' }),
      drain: 0,
    })
    const serving = await serve(chat)
    onTestFinished(async () => {
      await serving.close()
      await chat.close()
      await store.close()
    })
    const open = () => {
      const client = createChatClient({ link: link(`${serving.url}/rpc`) })
      onTestFinished(() => client.close())
      return client
    }
    const client = open()
    const { id } = await client.rpc.sessions.create({ title: 'Test' })
    const view = client.session(id)
    onTestFinished(view.subscribe(() => {}))
    await view.send({ text: 'Hi', model: 'large' })
    await expect.poll(() => view.getSnapshot().usage?.cost).toEqual({ amount: 20 })
    await view.send({ text: 'Hi', model: 'new' })
    const both = { amount: 20, unpriced: ['new'] }
    await expect.poll(() => view.getSnapshot().usage?.cost).toEqual(both)
    const later = open().session(id)
    onTestFinished(later.subscribe(() => {}))
    await expect.poll(() => later.getSnapshot().usage?.cost).toEqual(both)
  },
)
