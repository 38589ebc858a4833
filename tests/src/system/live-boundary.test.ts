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
  'over %s, a live view shows after a second compaction what a fresh one shows, whatever pages it had loaded',
  async (_, link) => {
    let summaries = 0
    const store = await createStore({ storage: memory(), limits: { pageDefault: 3 } })
    const chat = createChatServer({
      store,
      agent: async function* ({ prompt }) {
        yield { type: 'text-delta', text: `Re: ${prompt.id}` }
      },
      summarise: async () => `Summary ${++summaries}`,
      principal: () => ({ id: 'me' }),
      drain: 0,
    })
    const serving = await serve(chat)
    onTestFinished(async () => {
      await serving.close()
      await chat.close()
      await store.close()
    })
    const { id: sessionId } = await store.sessions.create({ owner: 'me', title: 'Test' })
    const follow = async () => {
      const client = createChatClient({ link: link(`${serving.url}/rpc`) })
      onTestFinished(() => client.close())
      const view = client.session(sessionId)
      onTestFinished(view.subscribe(() => {}))
      await expect.poll(() => view.getSnapshot().connection.status).toBe('live')
      return view
    }
    const views = [await follow(), await follow(), await follow()] as const
    const [plain, partly, wholly] = views
    /** Resolves once all views show this epoch with so many messages of it, and no run. */
    const settled = async (epoch: number, count: number) => {
      for (const view of views) {
        await expect
          .poll(() => {
            const { epoch: at, run, messages } = view.getSnapshot()
            return [at, run, messages.filter((message) => message.epoch === epoch).length]
          })
          .toEqual([epoch, undefined, count])
      }
    }
    const turns = async (...ids: string[]) => {
      for (const messageId of ids) {
        await plain.send({ text: messageId, messageId })
        await expect.poll(() => plain.getSnapshot().messages.at(-1)?.status).toBe('done')
        await expect.poll(() => plain.getSnapshot().run).toBeUndefined()
      }
    }
    await turns('a', 'b', 'c')
    await settled(0, 6)
    await plain.history.compact()
    await settled(1, 1)
    await turns('d', 'e')
    await settled(1, 5)
    await partly.loadOlder()
    while (wholly.getSnapshot().hasOlder) await wholly.loadOlder()
    expect(views.map((view) => view.getSnapshot().messages.length)).toEqual([5, 8, 11])
    await plain.history.compact()
    await settled(2, 1)
    const same = async () => {
      const fresh = (await follow()).getSnapshot()
      for (const view of views) {
        const { messages, epoch, hasOlder, canUndo, canRedo, usage } = view.getSnapshot()
        expect({ messages, epoch, hasOlder, canUndo, canRedo, usage }).toEqual({
          messages: fresh.messages,
          epoch: fresh.epoch,
          hasOlder: fresh.hasOlder,
          canUndo: fresh.canUndo,
          canRedo: fresh.canRedo,
          usage: fresh.usage,
        })
      }
    }
    await same()
    expect(plain.getSnapshot().messages.map(({ parts }) => parts)).toMatchObject([
      [{ text: 'Summary 2' }],
    ])
    expect(plain.getSnapshot().hasOlder).toBe(true)
    await turns('f')
    await settled(2, 3)
    await same()
    // What was pruned is there again, once, page by page.
    const fresh = await follow()
    for (const view of [fresh, ...views]) {
      while (view.getSnapshot().hasOlder) await view.loadOlder()
      const { messages } = view.getSnapshot()
      expect(messages.map(({ order }) => order)).toEqual(
        Array.from({ length: 14 }, (_each, n) => n + 1),
      )
      expect(messages).toEqual(fresh.getSnapshot().messages)
    }
  },
)
