import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'

import { createChatServer } from '@caughtup/server'
import { serve } from '@caughtup/server/node'
import { createStore } from '@caughtup/store'
import { sqlite } from '@caughtup/store/sqlite'
import { createChatClient, type Link, sse, webSocket } from '@caughtup/web-client'
import { expect, onTestFinished, test } from 'vitest'

/** A server on a port, with an agent that runs until it is stopped. */
async function openServer() {
  const folder = mkdtempSync(path.join(tmpdir(), 'caughtup-order-'))
  const store = await createStore({ storage: sqlite({ path: path.join(folder, 'chat.db') }) })
  const chat = createChatServer({
    store,
    agent: async function* ({ signal }) {
      yield { type: 'text-delta', text: 'Once' }
      await setTimeout(60_000, undefined, { signal })
    },
    // A random delay, so that simultaneous calls would not be handled in their order.
    principal: async () => {
      await setTimeout(Math.random() * 5)
      return { id: 'me' }
    },
    drain: 0,
  })
  const serving = await serve(chat)
  onTestFinished(async () => {
    await serving.close()
    await chat.close()
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return { store, url: `${serving.url}/rpc` }
}

const links: [string, (url: string) => Link][] = [
  ['HTTP', (url) => sse({ url })],
  ['a WebSocket', (url) => webSocket({ url })],
]

test.each(links)(
  'over %s, an interruption in the same tick as a prompt ends its run, with or without a stream',
  async (_, link) => {
    const { store, url } = await openServer()
    const client = createChatClient({ link: link(url) })
    onTestFinished(() => client.close())
    const { id: sessionId } = await client.rpc.sessions.create({ title: 'Test' })
    const view = client.session(sessionId)
    for (let n = 0; n < 20; n++) {
      if (n === 10) onTestFinished(view.subscribe(() => {}))
      const sending = view.send(`Prompt ${n}`)
      const interrupting = view.interrupt()
      const { runId, queued } = await sending
      expect({ queued, ...(await interrupting) }).toEqual({ queued: false, interrupted: true })
      const { head } = await store.head(sessionId)
      expect(head.run).toBeUndefined()
      const { events } = await store.journal.list(sessionId, {
        types: ['run-ended'],
        from: 'newest',
        limit: 1,
      })
      expect(events).toMatchObject([{ runId, reason: 'interrupted' }])
    }
  },
)

test.each(links)(
  'over %s, simultaneous calls take effect in the order they were made',
  async (_, link) => {
    const { store, url } = await openServer()
    const client = createChatClient({ link: link(url) })
    onTestFinished(() => client.close())
    const { id: sessionId } = await client.rpc.sessions.create({ title: 'Test' })
    const view = client.session(sessionId)
    await Promise.all([
      view.send('First'),
      view.history.reset(),
      view.send('Second'),
      view.history.reset(),
    ])
    const { head } = await store.head(sessionId)
    expect(head.queue.map(({ kind }) => kind)).toEqual(['reset', 'agent', 'reset'])
  },
)
