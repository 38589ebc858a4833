import { createChatServer } from '@caughtup/server'
import { serve } from '@caughtup/server/node'
import { createStore } from '@caughtup/store'
import { memory } from '@caughtup/store/memory'
import { createChatClient, sse } from '@caughtup/web-client'
import { expect, onTestFinished, test } from 'vitest'

test('a view shows the usage of a child once, though the host adds it again after the child was removed', async () => {
  const storage = memory()
  const open = async () => {
    const store = await createStore({ storage })
    const chat = createChatServer({
      store,
      agent: async function* () {
        yield { type: 'finish', usage: { inputTokens: 10, outputTokens: 2 } }
      },
      principal: () => ({ id: 'me' }),
      drain: 0,
    })
    const serving = await serve(chat)
    const client = createChatClient({ link: sse({ url: `${serving.url}/rpc` }) })
    const close = async () => {
      client.close()
      await serving.close()
      await chat.close()
      await store.close()
    }
    onTestFinished(close)
    const follow = (sessionId: string) => {
      const view = client.session(sessionId)
      onTestFinished(view.subscribe(() => {}))
      return () => view.getSnapshot().usage?.totals
    }
    return { store, rpc: client.rpc, follow, close }
  }
  const here = await open()
  const [parent, child] = [await here.rpc.sessions.create(), await here.rpc.sessions.create()]
  for (const { id: sessionId } of [parent, child]) {
    await here.rpc.messages.send({ sessionId, text: 'Hi' })
    await expect.poll(async () => (await here.store.usage(sessionId)).version).toBe(1)
  }
  const sessions = { from: child.id, into: parent.id }
  const once = { inputTokens: 20, outputTokens: 4 }
  const live = here.follow(parent.id)
  await expect.poll(live).toEqual({ inputTokens: 10, outputTokens: 2 })
  expect(await here.store.rollUpUsage(sessions)).toBe(true)
  expect(await here.store.rollUpUsage(sessions)).toBe(false)
  await expect.poll(live).toEqual(once)
  await here.rpc.sessions.delete({ sessionId: child.id })
  await expect(here.store.rollUpUsage(sessions)).rejects.toMatchObject({ code: 'NOT_FOUND' })

  // Another session may get the id of the child.
  await here.rpc.sessions.create({ sessionId: child.id })
  expect(await here.store.rollUpUsage(sessions)).toBe(false)
  await here.close()
  const there = await open()
  expect(await there.store.rollUpUsage(sessions)).toBe(false)
  expect((await there.rpc.usage.get({ sessionId: parent.id })).totals).toEqual(once)
  await expect.poll(there.follow(parent.id)).toEqual(once)
  expect(live()).toEqual(once)
})
