import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import type { EventDraft, Limits } from '@caughtup/schema'
import { createChatServer } from '@caughtup/server'
import { serve } from '@caughtup/server/node'
import { createStore, StorageError, type StorageFactory } from '@caughtup/store'
import { sqlite } from '@caughtup/store/sqlite'
import { createChatClient, type SessionSnapshot, type SessionView, sse } from '@caughtup/web-client'
import { expect, onTestFinished, test } from 'vitest'

/** A call of the database's `messages` fails with this, as long as it is set. */
interface Fault {
  error?: Error | undefined
}

/** A server on a port, whose database can be made to fail, and a client that counts what it receives. */
async function openSystem(limits: Partial<Limits> = {}) {
  const folder = mkdtempSync(path.join(tmpdir(), 'caughtup-older-'))
  const fault: Fault = {}
  const failing: StorageFactory = {
    async open(options) {
      const storage = await sqlite({ path: path.join(folder, 'chat.db') }).open(options)
      const messages = storage.messages.bind(storage)
      storage.messages = async (...asked) => {
        if (fault.error) throw fault.error
        return messages(...asked)
      }
      return storage
    },
  }
  const store = await createStore({ storage: failing, limits })
  const errors: unknown[] = []
  const chat = createChatServer({
    store,
    agent: async function* () {},
    principal: () => ({ id: 'me' }),
    drain: 0,
    onError: (error) => errors.push(error),
  })
  const serving = await serve(chat)
  /** Of every page: its request, and the bytes of its answer. */
  const pages: { asked: unknown; bytes: number }[] = []
  const client = createChatClient({
    link: sse({
      url: `${serving.url}/rpc`,
      async fetch(input, init) {
        if (!input.url.endsWith('/history/loadMore')) return fetch(input, init)
        const asked: unknown = await input.clone().json()
        const response = await fetch(input, init)
        const bytes = (await response.clone().arrayBuffer()).byteLength
        pages.push({ asked, bytes })
        return response
      },
    }),
    schedule: (callback) => {
      queueMicrotask(callback)
      return () => {}
    },
  })
  onTestFinished(async () => {
    client.close()
    await serving.close()
    await chat.close()
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const { id: sessionId } = await store.sessions.create({ owner: 'me' })
  const session = client.session(sessionId)
  return { store, client, session, sessionId, pages, fault, errors }
}

function created(id: string, text: string): EventDraft {
  const parts = [{ type: 'text' as const, text }]
  const metadata = { createdAt: 1 }
  return {
    type: 'message-created',
    message: { id, role: 'user', status: 'done', parts, metadata },
  }
}

/** Opens the view until the end of the test. */
function live(session: SessionView): Promise<SessionSnapshot> {
  return new Promise((resolve) => {
    const look = () => {
      if (session.getSnapshot().connection.status === 'live') resolve(session.getSnapshot())
    }
    onTestFinished(session.subscribe(look))
  })
}

test('a session of 100,000 messages without a boundary is opened at once, and read back to its first in bounded pages', async () => {
  const count = 100_000
  const slice = 1_000
  const { store, client, session, sessionId, pages } = await openSystem({ pageDefault: 200 })
  for (let start = 1; start <= count; start += slice) {
    const drafts = Array.from({ length: slice }, (_, index) => {
      const order = start + index
      // Some are so large that only two fit into a page.
      return created(`m${order}`, order % 2_500 === 0 ? 'x'.repeat(400_000) : `text ${order}`)
    })
    await store.append({ sessionId, drafts })
  }
  const before = client.stats().bytesReceived
  const opened = await live(session)
  expect(opened.messages.map(({ order }) => order)).toEqual(
    Array.from({ length: 100 }, (_, index) => count - 99 + index),
  )
  const { windowBytes, pageBytes } = store.limits
  expect(client.stats().bytesReceived - before).toBeLessThan(1.1 * windowBytes)
  while (session.getSnapshot().hasOlder) {
    await session.loadOlder()
    expect(session.getSnapshot().olderError).toBeUndefined()
  }
  const { messages } = session.getSnapshot()
  expect(messages.length).toBe(count)
  expect(messages.every(({ order }, index) => order === index + 1)).toBe(true)
  // Pages of 200, but for those that the large messages end earlier.
  expect(pages.length).toBeGreaterThanOrEqual((count - 100) / 200)
  expect(pages.length).toBeLessThan(600)
  const largest = Math.max(...pages.map(({ bytes }) => bytes))
  expect(largest).toBeGreaterThan(400_000)
  expect(largest).toBeLessThan(pageBytes + 1_000)
}, 300_000)

test.each([
  ['the disk', new StorageError('io', 'the disk cannot be read'), 'UNAVAILABLE'],
  ['an unexpected error', new Error('a bug in the engine'), 'INTERNAL'],
])(
  'a page that fails by %s is an error, keeps the view and its place, and a retry loads it',
  async (_, error, code) => {
    const { store, session, sessionId, pages, fault } = await openSystem({
      windowMessages: 3,
      pageDefault: 2,
    })
    const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
    await store.append({ sessionId, drafts: ids.map((id) => created(id, id)) })
    await live(session)
    await session.loadOlder()
    const shown = () =>
      session
        .getSnapshot()
        .messages.map(({ id }) => id)
        .join('')
    expect(shown()).toBe('cdefg')
    const { messages } = session.getSnapshot()
    fault.error = error
    for (let attempt = 0; attempt < 2; attempt++) {
      await session.loadOlder()
      expect(session.getSnapshot()).toMatchObject({
        hasOlder: true,
        loadingOlder: false,
        olderError: { code },
      })
      expect(session.getSnapshot().olderError?.message).not.toContain('bug')
      expect(session.getSnapshot().messages).toBe(messages)
    }
    fault.error = undefined
    await session.loadOlder()
    expect(shown()).toBe('abcdefg')
    expect(session.getSnapshot()).toMatchObject({ hasOlder: false, loadingOlder: false })
    expect(session.getSnapshot().olderError).toBeUndefined()
    const [, ...asked] = pages.map((page) => page.asked)
    expect(asked).toEqual(Array(3).fill({ json: { sessionId, cursor: { before: 3 } } }))
  },
)
