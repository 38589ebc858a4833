import { postgresSchema } from '@caughtup/local-services/postgres'
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'

import type { Message } from '@caughtup/schema'
import { createStore, type StorageFactory } from '@caughtup/store'
import { postgres } from '@caughtup/store/postgres'
import { sqlite } from '@caughtup/store/sqlite'
import { activityView, createChatClient, type SessionView, sse } from '@caughtup/web-client'
import { describe, expect, onTestFinished, test, vi } from 'vitest'

import type { ChatProcessOptions, SharedDatabase } from './chat-process-options.ts'
import { ServerProcess } from './server-process.ts'

/** In ms: short, but longer than a busy machine delays a process. */
const lease = 1_500

/** A server in a process of its own, with a client, and clients of others. */
async function startServer(options: Omit<ChatProcessOptions, 'lease'>) {
  const server = await ServerProcess.start({ ...options, lease })
  const as = (principal: string) => {
    const client = createChatClient({ link: sse({ url: `${server.url}/rpc?as=${principal}` }) })
    onTestFinished(() => client.close())
    return client
  }
  return { server, client: as('me'), as }
}

/** A database for two servers, and for a store that looks into it. */
interface TestDatabase {
  database: SharedDatabase
  storage: StorageFactory
}

const databases: [name: string, make: () => Promise<TestDatabase>][] = [
  [
    'SQLite',
    async () => {
      const database = { path: path.join(testFolder(), 'chat.db') }
      return { database, storage: sqlite(database) }
    },
  ],
  [
    'PostgreSQL',
    async () => {
      const { url, schema, remove } = await postgresSchema()
      onTestFinished(remove)
      return { database: { url, schema }, storage: postgres({ url, schema }) }
    },
  ],
]

function testFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'caughtup-two-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Resolves with the newest message in the view once it matches. */
function shows(view: SessionView, matches: (message: Message) => boolean): Promise<Message> {
  return new Promise((resolve) => {
    const look = () => {
      const message = view.getSnapshot().messages.at(-1)
      if (message && matches(message)) resolve(message)
    }
    onTestFinished(view.subscribe(look))
    look()
  })
}

function textOf({ parts }: Message): string {
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
}

describe.each(databases)('two servers on %s', (_, make) => {
  test.each(['SIGSTOP', 'SIGKILL'] as const)(
    'a run of a server that gets %s is followed on another one and lost once, and the session can be used again',
    async (signal) => {
      const { database, storage } = await make()
      const [first, second] = [await startServer({ database }), await startServer({ database })]
      const { id: sessionId } = await first.client.rpc.sessions.create({ title: 'Test' })
      const view = second.client.session(sessionId)
      const streams = shows(view, (message) => textOf(message).includes('20 '))
      await first.client.rpc.messages.send({ sessionId, text: 'count' })
      await streams
      if (signal === 'SIGSTOP') first.server.signal(signal)
      else await first.server.end(signal)
      const stoppedAt = performance.now()
      const lost = await shows(view, ({ metadata }) => metadata.finishReason === 'lost')
      expect(performance.now() - stoppedAt).toBeGreaterThan(lease / 2)
      first.server.signal('SIGCONT')

      const { client } = signal === 'SIGSTOP' ? first : second
      await client.rpc.messages.send({ sessionId, text: 'short' })
      await shows(view, (message) => textOf(message) === 'done' && message.status === 'done')
      const store = await createStore({ storage })
      onTestFinished(() => store.close())
      const { events } = await store.journal.list(sessionId, { types: ['run-ended'] })
      expect(events).toMatchObject([{ reason: 'lost' }, { reason: 'stop' }])
      expect(await store.message(sessionId, lost.id)).toEqual(lost)
      const counted = textOf(lost).trim().split(' ')
      expect(counted).toEqual(counted.map((_, index) => String(index)))
    },
  )

  test('a run that was over before its server was paused is left alone on another one, and when the first wakes', async () => {
    const { database, storage } = await make()
    const [first, second] = [await startServer({ database }), await startServer({ database })]
    const { id: sessionId } = await first.client.rpc.sessions.create({ title: 'Test' })
    const view = second.client.session(sessionId)
    const answered = shows(
      view,
      (message) => textOf(message) === 'done' && message.status === 'done',
    )
    await first.client.rpc.messages.send({ sessionId, text: 'short' })
    await answered
    await vi.waitFor(() => expect(view.getSnapshot().run).toBeUndefined(), 5_000)
    const { messages } = view.getSnapshot()
    first.server.signal('SIGSTOP')
    // Real processes have no clock to drive, and what is expected of the other one is that it does nothing.
    await setTimeout(2 * lease)
    first.server.signal('SIGCONT')
    await first.client.rpc.messages.send({ sessionId, text: 'short' })
    await vi.waitFor(() => expect(view.getSnapshot().messages).toHaveLength(4), 5_000)
    await shows(view, ({ status }) => status === 'done')
    expect(view.getSnapshot().messages.slice(0, 2)).toEqual(messages)
    const store = await createStore({ storage })
    onTestFinished(() => store.close())
    const { events } = await store.journal.list(sessionId, { types: ['run-ended'] })
    expect(events).toMatchObject([{ reason: 'stop' }, { reason: 'stop' }])
  })

  test('a member who is removed on one server has its stream ended on another, and comes back there', async () => {
    const { database } = await make()
    const [first, second] = [await startServer({ database }), await startServer({ database })]
    const [ann, bob] = [first.as('ann'), second.as('bob')]
    const { id: sessionId } = await ann.rpc.sessions.create({ members: ['bob'] })
    const view = bob.session(sessionId)
    const counts = shows(view, (message) => textOf(message).includes('5 '))
    await ann.rpc.messages.send({ sessionId, text: 'count' })
    await counts
    await ann.rpc.sessions.removeMember({ sessionId, principal: 'bob' })
    await vi.waitFor(() => expect(view.getSnapshot().connection.status).toBe('ended'), 5_000)
    expect(view.getSnapshot().connection).toMatchObject({ endReason: 'forbidden' })
    const { cursor } = view.getSnapshot().connection.lastReplay ?? {}
    const back = bob.rpc.onChat({ sessionId, mode: { type: 'since', cursor: cursor ?? '' } })
    await expect(back).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect((await ann.rpc.sessions.get({ sessionId })).owner).toBe('ann')
    const list = activityView(bob)
    onTestFinished(list.subscribe(() => {}))
    await vi.waitFor(() => expect(list.getSnapshot().connection.status).toBe('live'), 5_000)
    expect(list.getSnapshot().rows).toEqual([])
    await ann.rpc.sessions.addMember({ sessionId, principal: 'bob' })
    await vi.waitFor(() => expect(list.getSnapshot().rows).toMatchObject([{ sessionId }]), 5_000)
    const seen = shows(view, (message) => textOf(message).includes('20 '))
    view.reconnect()
    await seen
  })

  test('a transcript of another system that both servers merge at once is in the session once and in order', async () => {
    const { database } = await make()
    const transcript = path.join(testFolder(), 'transcript')
    const options = { database, transcript }
    const [first, second] = [await startServer(options), await startServer(options)]
    const { id: sessionId } = await first.client.rpc.sessions.create({ title: 'Test' })
    const views = [first, second].map(({ client }) => client.session(sessionId))
    for (const view of views) onTestFinished(view.subscribe(() => {}))
    const written: string[] = []
    for (let round = 0; round < 4; round++) {
      // More than one commit holds, and some of them equal.
      const lines = Array.from({ length: 600 }, (_, index) => `${round} ${index % 500}`)
      written.push(...lines)
      appendFileSync(transcript, lines.map((line) => `${line}\n`).join(''))
      const newest = await Promise.all(
        [first, second].map(({ client }) => client.rpc.history.loadMore({ sessionId })),
      )
      for (const page of newest) {
        expect(page.messages.map(textOf).at(-1)).toBe(lines.at(-1))
        expect(page).not.toHaveProperty('unmerged')
      }
    }
    for (const view of views) await shows(view, (message) => textOf(message) === '3 99')
    await second.client.rpc.messages.send({ sessionId, text: 'short' })
    for (const view of views) {
      await shows(view, (message) => textOf(message) === 'done')
      expect(view.getSnapshot().messages.slice(-3).map(textOf)).toEqual(['3 99', 'short', 'done'])
      expect(view.getSnapshot()).not.toHaveProperty('unmerged')
    }
    const shown: string[] = []
    for (let cursor: { before: number } | null | undefined; cursor !== null;) {
      const asked = { sessionId, limit: 200, ...(cursor && { cursor }) }
      const page = await first.client.rpc.history.loadMore(asked)
      shown.unshift(...page.messages.map(textOf))
      cursor = page.nextCursor
    }
    expect(shown).toEqual([...written, 'short', 'done'])
  })
})
