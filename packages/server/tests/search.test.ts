import type { EventDraft, SearchHit } from '@caughtup/schema'
import type { Store } from '@caughtup/store'
import { describe, expect, test } from 'vitest'

import {
  fetchClient,
  openTestServer,
  serveTest,
  type TestServerOptions,
} from './support/open-test-server.ts'

const reset = { type: 'boundary', kind: 'reset', trigger: 'user' } as const

function created(id: string, text: string, createdAt = 1): EventDraft {
  const parts = [{ type: 'text' as const, text }]
  const metadata = { createdAt }
  return {
    type: 'message-created',
    message: { id, role: 'user', status: 'done', parts, metadata },
  }
}

async function write(store: Store, sessionId: string, ...drafts: EventDraft[]) {
  for (const draft of drafts) await store.append({ sessionId, drafts: [draft] })
}

/** A server on a port, with clients that speak HTTP with it. */
async function open(options: TestServerOptions = {}) {
  const { store, chat } = await openTestServer(options)
  const { url } = await serveTest(chat)
  const client = (principal = 'me') => fetchClient(fetch, principal, `${url}/rpc`)
  const create = async (...members: string[]) => {
    const { id } = await store.sessions.create({ owner: 'me', members })
    return id
  }
  return { store, client, create }
}

const idsOf = ({ hits }: { hits: readonly SearchHit[] }) =>
  hits.map(({ messageId }) => messageId).join(' ')

describe('a search', () => {
  test('finds messages of every epoch of one session, or of all sessions, newest first', async () => {
    const { store, client, create } = await open()
    const [one, two] = [await create(), await create()]
    await write(store, one, created('a', 'a red house', 1), reset, reset)
    await write(store, one, created('b', 'The HOUSE on the hill', 3), created('c', 'a hut', 4))
    await write(store, two, created('d', 'houses', 2))
    const { history, sessions } = client()
    const inOne = await history.search({ sessionId: one, text: 'house' })
    expect(inOne.hits).toMatchObject([
      { sessionId: one, messageId: 'b', epoch: 2, order: 2, excerpt: 'The HOUSE on the hill' },
      { sessionId: one, messageId: 'a', epoch: 0, order: 1, role: 'user', createdAt: 1 },
    ])
    expect(idsOf(await sessions.search({ text: 'house' }))).toBe('b d a')
    expect(idsOf(await sessions.search({ text: 'house', limit: 2 }))).toBe('b d')
    expect(idsOf(await sessions.search({ text: 'hill house' }))).toBe('b')
    expect(idsOf(await sessions.search({ text: '' }))).toBe('')
  })

  test('takes its text as plain words, whatever FTS would make of it', async () => {
    const { store, client, create } = await open()
    const sessionId = await create()
    await write(store, sessionId, created('a', 'red OR blue'), created('b', 'near blue a'))
    await write(
      store,
      sessionId,
      created('c', 'session s1 and body'),
      created('d', 'C++ or "x" -y'),
    )
    const find = async (text: string) => {
      const both = [
        await client().history.search({ sessionId, text }),
        await client().sessions.search({ text }),
      ]
      expect(idsOf(both[1]!)).toBe(idsOf(both[0]!))
      return idsOf(both[0]!)
    }
    expect(await find('red OR green')).toBe('')
    expect(await find('red OR blue')).toBe('a')
    expect(await find('NEAR(blue a)')).toBe('b')
    expect(await find('session : s1')).toBe('c')
    expect(await find('NOT red')).toBe('')
    expect(await find('-y')).toBe('d')
    for (const text of ['"', '""', '*', '(', ')', '^', ':', "'", '{', '--', '\0', '\uD83C', '\\']) {
      expect(await find(text)).toBe('')
      expect(await find(`${text}blue${text}`)).toBe('b a')
    }
    expect(await find('x'.repeat(1_000))).toBe('')
  })

  test('finds nothing of sessions of others, and of a shared one as long as one is a member', async () => {
    const { store, client, create } = await open()
    const [mine, shared] = [await create(), await create('you')]
    const { id: yours } = await store.sessions.create({ owner: 'you' })
    await write(store, mine, created('a', 'secret'))
    await write(store, shared, created('b', 'secret', 2))
    await write(store, yours, created('c', 'secret', 3))
    expect(idsOf(await client('me').sessions.search({ text: 'secret' }))).toBe('b a')
    expect(idsOf(await client('you').sessions.search({ text: 'secret' }))).toBe('c b')
    expect(idsOf(await client('she').sessions.search({ text: 'secret' }))).toBe('')
    for (const principal of ['you', 'she']) {
      const search = client(principal).history.search({ sessionId: mine, text: 'secret' })
      await expect(search).rejects.toMatchObject({ code: 'NOT_FOUND' })
    }
    await client('me').sessions.removeMember({ sessionId: shared, principal: 'you' })
    expect(idsOf(await client('you').sessions.search({ text: 'secret' }))).toBe('c')
    await store.sessions.delete(shared)
    expect(idsOf(await client('me').sessions.search({ text: 'secret' }))).toBe('a')
  })

  test('of all sessions leaves out those in which the host refuses a search', async () => {
    const refused = new Set<string | undefined>()
    const { client, store, create } = await open({
      can: (_, action, session) => action !== 'history.search' || !refused.has(session?.id),
    })
    const [one, two] = [await create(), await create()]
    await write(store, one, created('a', 'word'), created('b', 'word'))
    await write(store, two, created('c', 'word', 2))
    const { sessions, history } = client()
    expect(idsOf(await sessions.search({ text: 'word' }))).toBe('c b a')
    refused.add(two)
    expect(idsOf(await sessions.search({ text: 'word' }))).toBe('b a')
    const search = history.search({ sessionId: two, text: 'word' })
    await expect(search).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  test('does not find what was deleted, edited away, truncated, erased or undone', async () => {
    const { store, client, create } = await open()
    const sessionId = await create()
    const word = (id: string) => created(id, `word of ${id}`)
    await write(store, sessionId, word('a'), word('b'), reset)
    await write(store, sessionId, word('c'), word('d'), word('e'), word('f'), word('g'))
    const { history } = store
    const found = async () => {
      const { hits } = await client().history.search({ sessionId, text: 'word' })
      expect((await client().sessions.search({ text: 'word' })).hits).toEqual(hits)
      return hits
        .map(({ messageId }) => messageId)
        .toSorted()
        .join('')
    }
    expect(await found()).toBe('abcdefg')
    await history.delete(sessionId, 'c')
    expect(await found()).toBe('abdefg')
    await history.edit(sessionId, 'd', { parts: [{ type: 'text', text: 'other' }] })
    expect(await found()).toBe('abefg')
    await history.erase(sessionId, ['a'])
    expect(await found()).toBe('befg')
    await history.undo(sessionId)
    expect(await found()).toBe('bef')
    await history.redo(sessionId)
    expect(await found()).toBe('befg')
    await history.truncate(sessionId, { after: 'e' })
    expect(await found()).toBe('be')
  })

  test('finds an answer once it is finished', async () => {
    const { store, client, create } = await open()
    const sessionId = await create()
    await client().messages.send({ sessionId, text: 'Say something' })
    const found = async () => (await client().sessions.search({ text: 'hello' })).hits
    await expect.poll(found).toMatchObject([{ sessionId, role: 'assistant', excerpt: 'Hello' }])
    expect((await store.head(sessionId)).head.run).toBeUndefined()
  })
})
