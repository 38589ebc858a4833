import { expect, test } from 'vitest'

import { type CacheStore, storedCache } from '../src/cache/stored-cache.ts'
import { rest, setUp } from './support/harness.ts'
import { failing, type OnChat, serving, shows, status } from './support/play.ts'
import { answered, Recording, type SentFrame } from './support/recording.ts'

/** A store that counts its writings. */
class MapStore implements CacheStore {
  readonly entries = new Map<string, unknown>()
  writes = 0
  isHanging = false

  async read(sessionId: string) {
    if (this.isHanging) await new Promise(() => {})
    return structuredClone(this.entries.get(sessionId))
  }
  async write(sessionId: string, session: unknown) {
    this.writes += 1
    this.entries.set(sessionId, structuredClone(session))
  }
  async remove(sessionId: string) {
    this.entries.delete(sessionId)
  }
  close() {}
}

const open = (store: CacheStore, onChat: OnChat) => {
  const set = setUp({ onChat }, { cache: storedCache(store) })
  return { ...set, session: set.client.session('s') }
}

/** A store with a session that another page has left. */
async function cached(recording = answered()) {
  const store = new MapStore()
  const { session, clock, client } = open(store, serving(...recording.full()))
  const leave = session.subscribe(() => {})
  await shows(clock, () => status(session) === 'live')
  leave()
  await rest()
  client.close()
  expect([...store.entries.keys()]).toEqual(['s'])
  return { store, recording, messages: session.getSnapshot().messages }
}

test('the messages are on screen before the network answers, stale, and what came since is asked for', async () => {
  const { store, recording, messages } = await cached()
  const before = recording.cursor()
  recording.message('more', 'user', 'And?')
  const answer = Promise.withResolvers<void>()
  const { session, clock, server } = open(store, async function* (input, signal) {
    await answer.promise
    yield* serving(...recording.since(recording.head - 1))(input, signal)
  })
  session.subscribe(() => {})
  await shows(clock, () => session.getSnapshot().messages.length > 0)
  expect(session.getSnapshot()).toMatchObject({ messages, stale: true })
  expect(server.requests).toMatchObject([{ mode: { type: 'since', cursor: before } }])
  answer.resolve()
  await shows(clock, () => status(session) === 'live')
  expect(session.getSnapshot()).toMatchObject({
    messages: recording.viewAt().messages,
    stale: false,
  })
})

test('what is of a history that the server no longer has is replaced whole by its replay', async () => {
  const { store } = await cached()
  // The same ids with the same revisions, as in a restored backup.
  const other = new Recording('another')
  other.start('run')
  other.message('question', 'user', 'Something else')
  const [replay, ...frames] = other.full()
  if (replay?.frame.type !== 'replay') throw new Error('a full replay begins with its frame')
  const refusal: SentFrame = { frame: { ...replay.frame, reason: 'cursor-unknown' } }
  const { session, clock } = open(store, serving(refusal, ...frames))
  session.subscribe(() => {})
  await shows(clock, () => status(session) === 'live')
  expect(session.getSnapshot().messages).toEqual(other.viewAt().messages)
  const { hasOlder, stale, run } = session.getSnapshot()
  expect({ hasOlder, stale, run: run?.id }).toEqual({ hasOlder: false, stale: false, run: 'run' })
})

type Fields = Record<string, unknown>
/** With its view changed by `change`. */
const withView = (session: Fields, change: (view: { messages: Fields[] }) => Fields) => {
  const view = session['view'] as { messages: Fields[] }
  return { ...session, view: { ...view, ...change(view) } }
}
const damages: [string, (session: Fields) => unknown][] = [
  ['of another version of the protocol', (session) => ({ ...session, protocol: 0 })],
  ['without a cursor', ({ cursor: _, ...session }) => session],
  ['with a cursor of another moment', (session) => withView(session, () => ({ seq: 3 }))],
  [
    'with a message without parts',
    (session) =>
      withView(session, ({ messages: [first, ...others] }) => ({
        messages: [{ ...first, parts: undefined }, ...others],
      })),
  ],
  [
    'with messages in another order',
    (session) => withView(session, ({ messages }) => ({ messages: [...messages].reverse() })),
  ],
  ['that is a word', () => 'nonsense'],
]

test.each(damages)('a session %s is not shown, and dropped', async (_, damage) => {
  const { store, recording } = await cached()
  store.entries.set('s', damage(store.entries.get('s') as Record<string, unknown>))
  const answer = Promise.withResolvers<void>()
  const { session, clock, server } = open(store, async function* (input, signal) {
    await answer.promise
    yield* serving(...recording.full())(input, signal)
  })
  session.subscribe(() => {})
  await rest()
  await clock.advance(16)
  expect(session.getSnapshot().messages).toEqual([])
  expect(store.entries.size).toBe(0)
  expect(server.requests).toMatchObject([{ mode: { type: 'full' } }])
  answer.resolve()
  await shows(clock, () => status(session) === 'live')
})

test('a session to which nothing can be applied is dropped, and a full replay takes its place', async () => {
  const { store, recording } = await cached()
  const session = store.entries.get('s') as { view: object }
  store.entries.set('s', { ...session, view: { ...session.view, queue: [null] } })
  const {
    session: view,
    clock,
    server,
  } = open(store, (input, signal) =>
    input.mode.type === 'full'
      ? serving(...recording.full())(input, signal)
      : failing('INTERNAL_SERVER_ERROR', 500)(input, signal),
  )
  view.subscribe(() => {})
  for (let turn = 0; turn < 20 && status(view) !== 'live'; turn++) {
    await rest()
    await clock.advance(1_000)
  }
  expect(server.requests.map(({ mode }) => mode.type)).toEqual(['since', 'full'])
  expect(view.getSnapshot().messages).toEqual(recording.viewAt().messages)
})

test.each([
  [
    'fails',
    async () => {
      throw new Error('no')
    },
  ],
  ['hangs', () => new Promise<never>(() => {})],
])('a store that %s costs nothing but the cache', async (_, fail) => {
  const recording = answered()
  const store = { read: fail, write: fail, remove: fail, close() {} }
  const { session, clock } = open(store, serving(...recording.full()))
  const leave = session.subscribe(() => {})
  await rest()
  await clock.advance(500)
  await shows(clock, () => status(session) === 'live')
  expect(session.getSnapshot().messages).toEqual(recording.viewAt().messages)
  leave()
  await rest()
})

test('a session is written when it is idle, when the page is hidden and when it is left; not per frame', async () => {
  const store = new MapStore()
  const recording = answered()
  const steps = Array.from({ length: 3 }, () => Promise.withResolvers<void>())
  const { session, clock, network } = open(store, async function* (_, signal) {
    yield* recording.full(4)
    yield recording.batch(4, 5)
    yield recording.batch(5, 6)
    await steps[0]!.promise
    yield recording.batch(6, recording.head)
    await steps[1]!.promise
    const from = recording.head
    recording.message('q', 'user', 'More')
    yield recording.batch(from)
    await steps[2]!.promise
    recording.message('r', 'user', 'And more')
    yield recording.batch(from + 1)
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
  })
  const leave = session.subscribe(() => {})
  await shows(clock, () => session.stats().framesReceived > 4)
  await clock.advance(10_000)
  // An answer streams: it is not idle.
  expect(store.writes).toBe(0)
  network.change({ visible: false })
  await rest()
  expect(store.writes).toBe(1)
  network.change({ visible: true })
  steps[0]!.resolve()
  await rest()
  await clock.advance(1_900)
  expect(store.writes).toBe(1)
  await clock.advance(200)
  await rest()
  expect(store.writes).toBe(2)
  steps[1]!.resolve()
  await rest()
  leave()
  await rest()
  expect(store.writes).toBe(3)
  session.subscribe(() => {})()
  await rest()
  expect(store.writes).toBe(3)
})

test.each([
  ['was deleted', serving({ frame: { type: 'end', reason: 'session-deleted' } })],
  ['is no longer shown to the user', serving({ frame: { type: 'end', reason: 'forbidden' } })],
  ['is not found', failing('NOT_FOUND', 404)],
])('a session that %s is cached no longer', async (_, onChat) => {
  const { store } = await cached()
  const { session, clock } = open(store, onChat)
  session.subscribe(() => {})
  await shows(clock, () => status(session) === 'ended' || status(session) === 'failed')
  await rest()
  expect(store.entries.size).toBe(0)
})

test('of a long session the newest 100 messages are cached, and there are older ones', async () => {
  const recording = new Recording()
  for (let n = 0; n < 130; n++) recording.message(`m${n}`, 'user', `${n}`)
  const { store } = await cached(recording)
  const { session, clock } = open(store, serving(...recording.since(recording.head)))
  session.subscribe(() => {})
  await shows(clock, () => session.getSnapshot().messages.length > 0)
  const { messages, hasOlder } = session.getSnapshot()
  expect([messages.length, messages[0]?.id, hasOlder]).toEqual([100, 'm30', true])
})
