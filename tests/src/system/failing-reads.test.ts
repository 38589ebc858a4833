import type { EventDraft } from '@caughtup/schema'
import { createChatServer } from '@caughtup/server'
import { serve } from '@caughtup/server/node'
import { createStore, type Storage, type StorageFactory } from '@caughtup/store'
import { memory } from '@caughtup/store/memory'
import { createChatClient, type Link, type SessionView, sse, webSocket } from '@caughtup/web-client'
import { expect, onTestFinished, test } from 'vitest'

const reads: ReadonlySet<string | symbol> = new Set<keyof Storage>([
  'members',
  'messages',
  'segments',
  'session',
  'state',
])

/** Which reads of the database fail: those from the n-th on, so many of them. */
interface Fault {
  from: number
  count: number
  error: Error
  /** How many reads there were. */
  reads: number
}

function failing(inner: StorageFactory, fault: () => Fault | undefined): StorageFactory {
  return {
    async open(options) {
      const storage = await inner.open(options)
      return new Proxy(storage, {
        get(target, property) {
          const member: unknown = Reflect.get(target, property)
          if (typeof member !== 'function') return member
          return async (...args: unknown[]) => {
            const set = reads.has(property) ? fault() : undefined
            const read = set ? set.reads++ : 0
            if (set && read >= set.from && read < set.from + set.count) throw set.error
            return member.apply(target, args)
          }
        },
      })
    },
  }
}

function created(id: string): EventDraft {
  const parts = [{ type: 'text' as const, text: id.padEnd(20_000, '.') }]
  const metadata = { createdAt: 1 }
  return { type: 'message-created', message: { id, role: 'user', status: 'done', parts, metadata } }
}

async function openSystem(link: (url: string) => Link) {
  let fault: Fault | undefined
  const store = await createStore({ storage: failing(memory(), () => fault) })
  const chat = createChatServer({
    store,
    agent: async function* () {},
    principal: () => ({ id: 'me' }),
    drain: 0,
    onError: () => {},
  })
  const serving = await serve(chat)
  onTestFinished(async () => {
    await serving.close()
    await chat.close()
    await store.close()
  })
  const { id: sessionId } = await store.sessions.create({ owner: 'me', title: 'Test' })
  let written = 0
  const write = async () => {
    const drafts = Array.from({ length: 4 }, () => created(`m${written++}`))
    await store.append({ sessionId, drafts })
  }
  await write()
  /** A view, and whether it ever said that it was live without having everything. */
  const open = () => {
    const client = createChatClient({
      link: link(`${serving.url}/rpc`),
      reconnect: { minDelay: 1, maxDelay: 1 },
      schedule: (callback) => {
        queueMicrotask(callback)
        return () => {}
      },
    })
    const view = client.session(sessionId)
    const seen = { errors: 0, lies: 0 }
    const look = () => {
      const { connection, messages } = view.getSnapshot()
      if (connection.error) seen.errors++
      if (connection.status === 'live' && messages.length !== written) seen.lies++
    }
    onTestFinished(() => client.close())
    return { view, seen, look, close: () => client.close() }
  }
  const fail = (next: Omit<Fault, 'reads'> | undefined) => {
    fault = next && { ...next, reads: 0 }
    return () => fault?.reads ?? 0
  }
  return { open, write, fail }
}

const statusOf = (view: SessionView) => view.getSnapshot().connection.status
const isLive = (view: SessionView) =>
  expect.poll(() => statusOf(view), { interval: 1 }).toBe('live')

const links: [string, (url: string) => Link][] = [
  ['HTTP', (url) => sse({ url })],
  ['a WebSocket', (url) => webSocket({ url })],
]
const cases = links.flatMap(([over, link]) =>
  (['full', 'since'] as const).map((mode) => ({ over, link, mode })),
)
/** Unlike an error of the disk it comes without a delay for the next attempt. */
const error = new Error('a bug in the engine')

test.each(cases)(
  'over $over, a view whose $mode replay fails at any read says so, and is caught up after that',
  async ({ link, mode }) => {
    const { open, write, fail } = await openSystem(link)
    let from = 0
    // A read that fails may also be one of the stream before, which is being closed.
    let said = 0
    for (let isHit = true; isHit; from++) {
      const { view, seen, look, close } = open()
      if (mode === 'since') {
        const leave = view.subscribe(() => {})
        await isLive(view)
        leave()
        await write()
      }
      const made = fail({ from, count: 1, error })
      view.subscribe(look)
      await isLive(view)
      isHit = made() > from
      fail(undefined)
      expect(seen.lies).toBe(0)
      if (seen.errors > 0) said++
      close()
    }
    expect(said).toBeGreaterThan(2)
  },
)

test.each(links)(
  'over %s, a view whose replays keep failing says so, shows what it had, and is caught up once they work',
  async (_, link) => {
    const { open, write, fail } = await openSystem(link)
    const { view, seen, look } = open()
    view.subscribe(look)
    await isLive(view)
    const { messages } = view.getSnapshot()
    view.pause()
    await write()
    fail({ from: 0, count: Number.POSITIVE_INFINITY, error })
    view.resume()
    await expect.poll(() => statusOf(view)).toBe('failed')
    expect(view.getSnapshot()).toMatchObject({
      stale: true,
      connection: { error: { code: 'INTERNAL' } },
    })
    expect(view.getSnapshot().messages).toBe(messages)
    fail(undefined)
    view.reconnect()
    await isLive(view)
    expect(view.getSnapshot().messages).toHaveLength(8)
    expect(seen.lies).toBe(0)
  },
)
