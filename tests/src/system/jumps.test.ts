import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import type { EventDraft, Message } from '@caughtup/schema'
import { createChatServer } from '@caughtup/server'
import { serve } from '@caughtup/server/node'
import { createStore, type Store } from '@caughtup/store'
import { sqlite } from '@caughtup/store/sqlite'
import {
  type AroundSnapshot,
  aroundView,
  createChatClient,
  type Link,
  sse,
  type View,
  webSocket,
} from '@caughtup/web-client'
import { expect, onTestFinished, test } from 'vitest'

const pageDefault = 10
const links: [string, (url: string) => Link][] = [
  ['HTTP', (url) => sse({ url })],
  ['a WebSocket', (url) => webSocket({ url })],
]

function created(id: string, text = `text of ${id}`): EventDraft {
  const parts = [{ type: 'text' as const, text }]
  const metadata = { createdAt: 1 }
  return {
    type: 'message-created',
    message: { id, role: 'user', status: 'done', parts, metadata },
  }
}

/** A server on a port with small pages and windows. The principal is named in the URL. */
async function openServer() {
  const folder = mkdtempSync(path.join(tmpdir(), 'caughtup-jumps-'))
  const store = await createStore({
    storage: sqlite({ path: path.join(folder, 'chat.db') }),
    limits: { pageDefault, windowMessages: 5 },
  })
  /** Set by tests, to hold answers back or refuse them. */
  const hook: { read?: (() => Promise<void>) | undefined } = {}
  const chat = createChatServer({
    store,
    agent: async function* () {},
    principal: ({ url = '' }) => {
      const id = new URL(url, 'http://localhost').searchParams.get('as')
      return id === null ? undefined : { id }
    },
    can: async (_, action) => {
      if (action.startsWith('history.')) await hook.read?.()
      return true
    },
    drain: 0,
    onError: () => {},
  })
  const serving = await serve(chat)
  onTestFinished(async () => {
    await serving.close()
    await chat.close()
    await store.close()
    rmSync(folder, { recursive: true, force: true })
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
  return { store, open, hook }
}

/** A session of three epochs: `a1` to `a30`, `b1` to `b15`, `c1` to `c8`. */
async function threeEpochs(store: Store): Promise<string> {
  const { id: sessionId } = await store.sessions.create({ owner: 'ann', members: ['bob'] })
  for (const [name, count] of [
    ['a', 30],
    ['b', 15],
    ['c', 8],
  ] as const) {
    if (name !== 'a') {
      const drafts: EventDraft[] = [{ type: 'boundary', kind: 'reset', trigger: 'user' }]
      await store.append({ sessionId, drafts })
    }
    const drafts = Array.from({ length: count }, (_, index) => created(`${name}${index + 1}`))
    await store.append({ sessionId, drafts })
  }
  return sessionId
}

/** Resolves once the snapshot matches. */
function shows<Snapshot>(
  view: View<Snapshot>,
  matches: (snapshot: Snapshot) => boolean,
): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (!matches(view.getSnapshot())) return
      leave()
      resolve()
    }
    const leave = view.subscribe(look)
    look()
  })
}

/** Keeps a view open until the end of the test. */
function watched<V extends View<object>>(view: V): V {
  onTestFinished(view.subscribe(() => {}))
  return view
}

const isLoaded = ({ loading, stale, messages }: AroundSnapshot) =>
  !loading && !stale && messages.length > 0
const idsOf = ({ messages }: { messages: readonly Message[] }) => messages.map(({ id }) => id)
const textOf = ({ parts }: Message) =>
  parts.map((part) => (part.type === 'text' ? part.text : '')).join('')

test.each(links)(
  'over %s, a message two epochs back is found, jumped to, and read on from to the live view',
  async (_, link) => {
    const { store, open } = await openServer()
    const sessionId = await threeEpochs(store)
    const client = open('ann', link)
    const session = watched(client.session(sessionId))
    const { hits } = await client.search('text of a12')
    expect(hits).toMatchObject([{ sessionId, messageId: 'a12', epoch: 0 }])
    expect(await session.search('text a12', { limit: 3 })).toEqual({ hits })
    expect(await open('eve', link).search('text')).toEqual({ hits: [] })
    const around = watched(aroundView(session, 'a12'))
    await shows(around, isLoaded)
    expect(idsOf(around.getSnapshot())).toEqual([
      'a8',
      'a9',
      'a10',
      'a11',
      'a12',
      'a13',
      'a14',
      'a15',
      'a16',
      'a17',
    ])
    expect(around.getSnapshot()).toMatchObject({
      hasOlder: true,
      hasNewer: true,
      reachesLive: false,
    })
    while (around.getSnapshot().hasOlder) await around.loadOlder()
    let pages = 0
    for (; !around.getSnapshot().reachesLive; pages++) await around.loadNewer()
    // 13 of the first epoch, 15 of the second, and some of the third that meet the window.
    expect(pages).toBe(5)
    await shows(session, ({ connection }) => connection.status === 'live')
    const shown = around.getSnapshot().messages
    const all = await everyMessage(store, sessionId)
    expect(shown).toEqual(all.slice(0, shown.length))
    const { messages: live } = session.getSnapshot()
    expect(shown.at(-1)?.order).toBeGreaterThanOrEqual(live[0]!.order - 1)
  },
)

async function everyMessage(store: Store, sessionId: string): Promise<Message[]> {
  const messages: Message[] = []
  for (let after: number | undefined = 0; after !== undefined;) {
    const page: Awaited<ReturnType<Store['page']>> = await store.page(sessionId, { after })
    messages.push(...page.messages)
    after = page.newerCursor?.after
  }
  return messages
}

test.each(links)(
  'over %s, what others edit, delete, erase, undo and write is so around a message too',
  async (_, link) => {
    const { store, open } = await openServer()
    const sessionId = await threeEpochs(store)
    const session = open('ann', link).session(sessionId)
    const around = watched(aroundView(session, 'b14'))
    await shows(around, isLoaded)
    await around.loadNewer()
    const before = idsOf(around.getSnapshot())
    expect(before).toEqual(
      ['b10', 'b11', 'b12', 'b13', 'b14', 'b15', 'c1', 'c2', 'c3', 'c4'].concat([
        'c5',
        'c6',
        'c7',
        'c8',
      ]),
    )
    const there = open('ann', link).session(sessionId)
    await there.history.erase(['b11', 'c2'])
    await there.history.delete('c4')
    await there.history.edit('c3', 'edited')
    const left = before.filter((id) => !['b11', 'c2', 'c4'].includes(id))
    await shows(around, ({ messages }) => textOf(messages.at(-5)!) === 'edited')
    expect(idsOf(around.getSnapshot())).toEqual(left)
    await there.history.undo()
    await shows(around, (snapshot) => !idsOf(snapshot).includes('c8'))
    await there.history.redo()
    await shows(around, (snapshot) => idsOf(snapshot).includes('c8'))
    expect(idsOf(around.getSnapshot())).toEqual(left)
    expect(around.getSnapshot()).toMatchObject({ hasNewer: false, reachesLive: true })
    await store.append({ sessionId, drafts: [created('d1')] })
    await shows(around, ({ hasNewer }) => hasNewer)
    await around.loadNewer()
    const all = await everyMessage(store, sessionId)
    const shown = around.getSnapshot().messages
    expect(shown).toEqual(all.slice(-shown.length))
    expect(shown.at(-1)?.id).toBe('d1')
  },
)

test('a version that somebody chooses is shown around a message too, wherever its messages lie', async () => {
  const { store, open } = await openServer()
  const { id: sessionId } = await store.sessions.create({ owner: 'ann' })
  const write = (...ids: string[]) =>
    store.append({ sessionId, drafts: ids.map((id) => created(id)) })
  await write('a', 'b')
  await store.history.undo(sessionId)
  await write('c', 'd', 'e')
  const session = open('ann', (url) => sse({ url })).session(sessionId)
  const around = watched(aroundView(session, 'd'))
  await shows(around, isLoaded)
  expect(idsOf(around.getSnapshot())).toEqual(['a', 'c', 'd', 'e'])
  const choose = async (messageId: string, ...expected: string[]) => {
    await store.history.choose(sessionId, messageId)
    await shows(around, (snapshot) => idsOf(snapshot).join() === expected.join())
    expect(around.getSnapshot().messages).toEqual(await everyMessage(store, sessionId))
  }
  await choose('b', 'a', 'b')
  await choose('c', 'a', 'c', 'd', 'e')
  await store.history.erase(sessionId, ['b'])
  await shows(around, ({ messages }) => messages.every(({ version }) => version === undefined))
  expect(around.getSnapshot().messages).toEqual(await everyMessage(store, sessionId))
  // Beyond what is shown there is more from now on.
  await store.history.undo(sessionId)
  await shows(around, (snapshot) => idsOf(snapshot).join() === 'a,c,d')
  await write('f')
  await shows(around, ({ hasNewer }) => hasNewer)
  await around.loadNewer()
  expect(around.getSnapshot().messages).toEqual(await everyMessage(store, sessionId))
  await choose('e', 'a', 'c', 'd', 'e')
})

test('a page that fails is an error around a message, and a retry loads it', async () => {
  const { store, open, hook } = await openServer()
  const sessionId = await threeEpochs(store)
  const session = open('ann', (url) => sse({ url })).session(sessionId)
  const around = watched(aroundView(session, 'a20'))
  hook.read = () => Promise.reject(new Error('the disk is on fire'))
  await shows(around, ({ error }) => error !== undefined)
  expect(around.getSnapshot()).toMatchObject({
    error: { code: 'INTERNAL' },
    loading: false,
    messages: [],
    hasNewer: false,
  })
  hook.read = undefined
  await around.reload()
  const before = around.getSnapshot()
  expect(before.error).toBeUndefined()
  expect(idsOf(before)).toContain('a20')
  hook.read = () => Promise.reject(new Error('the disk is on fire'))
  await around.loadNewer()
  expect(around.getSnapshot()).toMatchObject({
    newerError: { code: 'INTERNAL' },
    messages: before.messages,
    hasNewer: true,
    loadingNewer: false,
  })
  hook.read = undefined
  await around.loadNewer()
  expect(around.getSnapshot().newerError).toBeUndefined()
  expect(idsOf(around.getSnapshot()).slice(0, 12)).toEqual([...idsOf(before), 'a26', 'a27'])
})

test('a message that the session does not show is NOT_FOUND', async () => {
  const { store, open } = await openServer()
  const sessionId = await threeEpochs(store)
  await store.history.erase(sessionId, ['a3'])
  const session = open('ann', (url) => sse({ url })).session(sessionId)
  for (const id of ['a3', 'nothing']) {
    const around = watched(aroundView(session, id))
    await shows(around, ({ error }) => error !== undefined)
    expect(around.getSnapshot()).toMatchObject({ error: { code: 'NOT_FOUND' }, messages: [] })
  }
})

test('after a full replay the pages are stale until they are loaded again, as they are by then', async () => {
  const { store, open, hook } = await openServer()
  const sessionId = await threeEpochs(store)
  const session = open('ann', (url) => sse({ url })).session(sessionId)
  const around = watched(aroundView(session, 'a12'))
  await shows(around, isLoaded)
  for (let page = 0; page < 3; page++) await around.loadNewer()
  const before = idsOf(around.getSnapshot())
  expect(before.at(-1)).toBe('b10')
  session.pause()
  await store.history.erase(sessionId, ['a9', 'a20'])
  await store.append({ sessionId, drafts: [created('d1')] })
  // The cursor of the session's view is too old now.
  const { cursor } = await store.head(sessionId)
  await store.journal.delete(sessionId, cursor.seq)
  const held = Promise.withResolvers<void>()
  hook.read = () => held.promise
  session.resume()
  await shows(session, ({ connection }) => connection.status === 'live')
  await shows(around, ({ loading }) => loading)
  expect(around.getSnapshot().stale).toBe(true)
  expect(idsOf(around.getSnapshot())).toEqual(before)
  held.resolve()
  await shows(around, isLoaded)
  const shown = around.getSnapshot().messages
  expect(idsOf(around.getSnapshot()).slice(0, before.length - 2)).toEqual(
    before.filter((id) => id !== 'a9' && id !== 'a20'),
  )
  const all = await everyMessage(store, sessionId)
  const start = all.findIndex(({ id }) => id === shown[0]!.id)
  expect(shown).toEqual(all.slice(start, start + shown.length))
})

test.each([true, false])(
  'what changed while nobody looked is there for the next one who looks (session open: %s)',
  async (isOpen) => {
    const { store, open } = await openServer()
    const sessionId = await threeEpochs(store)
    const session = open('ann', (url) => sse({ url })).session(sessionId)
    if (isOpen) watched(session)
    const around = aroundView(session, 'a12')
    await shows(around, isLoaded)
    const before = idsOf(around.getSnapshot())
    await store.history.erase(sessionId, ['a10'])
    await store.append({ sessionId, drafts: [created('d1')] })
    if (isOpen) await shows(session, (snapshot) => idsOf(snapshot).includes('d1'))
    await around.loadNewer()
    expect(idsOf(around.getSnapshot())).toEqual(before)
    await shows(around, (snapshot) => isLoaded(snapshot) && !idsOf(snapshot).includes('a10'))
    expect(idsOf(around.getSnapshot()).slice(0, 9)).toEqual(before.filter((id) => id !== 'a10'))
  },
)
