import { createChatServer } from '@caughtup/server'
import { serve } from '@caughtup/server/node'
import { createStore } from '@caughtup/store'
import { memory } from '@caughtup/store/memory'
import {
  type ActivitySnapshot,
  activityView,
  createChatClient,
  type Link,
  type SessionSnapshot,
  sse,
  webSocket,
} from '@caughtup/web-client'
import { expect, onTestFinished, test } from 'vitest'

/** A server on a port, whose agent repeats the prompt. The principal is named in the URL. */
async function openServer() {
  const store = await createStore({ storage: memory() })
  const chat = createChatServer({
    store,
    agent: async function* () {
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
  const open = (principal: string, link: (url: string) => Link) => {
    const client = createChatClient({
      link: link(`${serving.url}/rpc?as=${principal}`),
      schedule: (callback) => {
        queueMicrotask(callback)
        return () => {}
      },
    })
    onTestFinished(() => client.close())
    return client
  }
  return { store, open }
}

const links: [string, (url: string) => Link][] = [
  ['HTTP', (url) => sse({ url })],
  ['a WebSocket', (url) => webSocket({ url })],
]

interface View<Snapshot> {
  getSnapshot: () => Snapshot
  subscribe: (look: () => void) => () => void
}

/** Resolves once the snapshot matches. */
function shows<Snapshot>(view: View<Snapshot>, matches: (snapshot: Snapshot) => boolean) {
  return new Promise<void>((resolve) => {
    const look = () => {
      if (matches(view.getSnapshot())) resolve()
    }
    onTestFinished(view.subscribe(look))
    look()
  })
}

const isLive = ({ connection }: SessionSnapshot) => connection.status === 'live'
const has = (sessionId: string) => (snapshot: ActivitySnapshot) =>
  snapshot.rows.some((row) => row.sessionId === sessionId)

test.each(links)(
  'over %s, a session comes to one who is added, ends for one who is removed, and comes back',
  async (_, link) => {
    const { store, open } = await openServer()
    const [ann, bob] = [open('ann', link), open('bob', link)]
    const { id: sessionId } = await ann.rpc.sessions.create({ sessionId: 'shared' })
    await shows(activityView(bob), ({ connection }) => connection.status === 'live')
    await ann.rpc.sessions.addMember({ sessionId, principal: 'bob' })
    await shows(activityView(bob), has(sessionId))
    const view = bob.session(sessionId)
    await shows(view, isLive)
    await view.send('Hi')
    await shows(view, ({ messages }) => messages.at(-1)?.status === 'done' && messages.length === 2)
    expect(view.getSnapshot().messages[0]?.metadata.author).toBe('bob')

    const { connects } = bob.stats()
    await ann.rpc.sessions.removeMember({ sessionId, principal: 'bob' })
    await shows(view, ({ connection }) => connection.status === 'ended')
    expect(view.getSnapshot().connection).toMatchObject({
      status: 'ended',
      attempts: 0,
      endReason: 'forbidden',
    })
    await shows(activityView(bob), (snapshot) => !has(sessionId)(snapshot))
    await expect(view.send('Still there?')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(bob.stats().connects).toBe(connects)
    view.reconnect()
    await shows(view, ({ connection }) => connection.status === 'failed')
    expect(view.getSnapshot().connection).toMatchObject({ error: { code: 'NOT_FOUND' } })
    expect(bob.stats().connects).toBe(connects + 1)

    await store.sessions.addMember(sessionId, 'bob')
    await shows(activityView(bob), has(sessionId))
    view.reconnect()
    await shows(view, isLive)
    await view.send('Back')
    await shows(view, ({ messages }) => messages.at(-1)?.status === 'done' && messages.length === 4)
  },
)
