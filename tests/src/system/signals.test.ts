import { createChatServer } from '@caughtup/server'
import { serve } from '@caughtup/server/node'
import { ManualClock } from '@caughtup/schema/testing'
import { createStore } from '@caughtup/store'
import { memory } from '@caughtup/store/memory'
import {
  createChatClient,
  type Link,
  type SessionView,
  type Signal,
  sse,
  webSocket,
} from '@caughtup/web-client'
import { expect, onTestFinished, test, vi } from 'vitest'

/** A server on a port, whose clock the test moves. The principal is named in the URL. */
async function openServer() {
  const clock = new ManualClock()
  const store = await createStore({ storage: memory(), clock })
  const chat = createChatServer({
    store,
    agent: async function* ({ emit }) {
      emit('step', 'searching')
      yield { type: 'text-delta', text: 'Hello' }
    },
    principal: ({ url = '' }) => {
      const id = new URL(url, 'http://localhost').searchParams.get('as')
      return id === null ? undefined : { id }
    },
    drain: 0,
  })
  const serving = await serve(chat)
  onTestFinished(async () => {
    await serving.close()
    await chat.close()
    await store.close()
  })
  const { id: sessionId } = await store.sessions.create({ owner: 'ann', members: ['bob'] })
  const open = (principal: string, link: (url: string) => Link) => {
    const client = createChatClient({ link: link(`${serving.url}/rpc?as=${principal}`) })
    onTestFinished(() => client.close())
    const view = client.session(sessionId)
    const heard: Signal[] = []
    view.onSignal((signal) => heard.push(signal))
    return { view, heard, leave: view.subscribe(() => {}) }
  }
  return { clock, open }
}

function sees(view: SessionView, presence: Record<string, number>): Promise<void> {
  return vi.waitFor(() => {
    const shown = view.getSnapshot().presence.map(({ principal, streams }) => [principal, streams])
    expect(Object.fromEntries(shown)).toEqual(presence)
  })
}

const links: [string, (url: string) => Link][] = [
  ['HTTP', (url) => sse({ url })],
  ['a WebSocket', (url) => webSocket({ url })],
]

test.each(links)('over %s, members see who is watching and hear signals', async (_, link) => {
  const { clock, open } = await openServer()
  const ann = open('ann', link)
  await sees(ann.view, { ann: 1 })
  const [bob, phone] = [open('bob', link), open('bob', link)]
  await sees(phone.view, { ann: 1, bob: 2 })
  await clock.advance(250)
  await sees(ann.view, { ann: 1, bob: 2 })
  await bob.view.signal('typing', true)
  const typing = { name: 'typing', data: true, from: 'bob' }
  await vi.waitFor(() => {
    for (const { heard } of [ann, bob, phone]) expect(heard).toEqual([typing])
  })
  await ann.view.send('Hi')
  await vi.waitFor(() => expect(ann.heard.at(-1)).toEqual({ name: 'step', data: 'searching' }))
  await expect(bob.view.signal('presence', [])).rejects.toMatchObject({ code: 'BAD_INPUT' })
})

test.each(links)('over %s, a client that reconnects was never gone for others', async (_, link) => {
  const { clock, open } = await openServer()
  const ann = open('ann', link)
  const bob = open('bob', link)
  await sees(bob.view, { ann: 1, bob: 1 })
  await clock.advance(250)
  await sees(ann.view, { ann: 1, bob: 1 })
  const { presence } = ann.view.getSnapshot()
  bob.view.pause()
  await vi.waitFor(() => expect(bob.view.getSnapshot().presence).toEqual([]))
  await clock.advance(1_500)
  bob.view.resume()
  await sees(bob.view, { ann: 1, bob: 1 })
  await clock.advance(10_000)
  // What had been sent before has come as well.
  await bob.view.signal('back', true)
  await vi.waitFor(() => expect(ann.heard).toHaveLength(1))
  expect(ann.view.getSnapshot().presence).toBe(presence)
  bob.leave()
  await vi.waitFor(async () => {
    await clock.advance(250)
    expect(ann.view.getSnapshot().presence).toEqual([{ principal: 'ann', streams: 1 }])
  })
})
