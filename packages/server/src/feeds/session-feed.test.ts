import type { ChatFrame } from '@caughtup/schema'
import { ManualClock } from '@caughtup/schema/testing'
import type { Store } from '@caughtup/store'
import { getEventMeta } from '@orpc/client'
import { describe, expect, test } from 'vitest'

import { interceptedStorage, type StorageHooks } from '../../tests/support/intercept-storage.ts'
import {
  openTestServer,
  readRun,
  readUntil,
  testDatabase,
  type TestServerOptions,
} from '../../tests/support/open-test-server.ts'

const full = { type: 'full' } as const

async function openSession(options: TestServerOptions = {}) {
  const hooks: StorageHooks = {}
  const storage = interceptedStorage(options.file ?? testDatabase(), hooks)
  const server = await openTestServer({ storage, ...options })
  const client = server.client()
  const { id: sessionId } = await client.sessions.create({ title: 'Test' })
  return { ...server, client, sessionId, hooks }
}

function note(text: string, id = crypto.randomUUID()) {
  return {
    type: 'message-created' as const,
    message: {
      id,
      role: 'user' as const,
      status: 'done' as const,
      parts: [{ type: 'text' as const, text }],
      metadata: { createdAt: 1 },
    },
  }
}

async function add(store: Store, sessionId: string, ...texts: string[]) {
  await store.append({ sessionId, drafts: texts.map((text) => note(text)) })
}

/** The texts in the frames, in order. */
function texts(frames: readonly ChatFrame[]): string[] {
  return frames.flatMap((frame) => {
    const messages =
      frame.type === 'messages'
        ? frame.messages
        : frame.type === 'events'
          ? frame.events.flatMap((event) => (event.type === 'message-created' ? event.message : []))
          : []
    return messages.flatMap(({ parts }) =>
      parts.flatMap((part) => (part.type === 'text' ? part.text : [])),
    )
  })
}

describe('a replay', () => {
  test('sends heartbeats while it waits for the database', async () => {
    const clock = new ManualClock()
    const read = Promise.withResolvers<void>()
    const { client, sessionId, hooks } = await openSession({ clock })
    hooks.messages = () => read.promise
    const stream = await client.onChat({ sessionId, mode: full })
    expect((await stream.next()).value).toMatchObject({ type: 'replay', mode: 'full' })
    for (let i = 0; i < 3; i++) {
      const next = stream.next()
      await clock.advance(5_000)
      expect((await next).value).toMatchObject({ type: 'heartbeat' })
    }
    read.resolve()
    expect((await readUntil(stream, 'caught-up')).map(({ type }) => type)).toEqual(['caught-up'])
  })

  test('sends an event that is committed while the window is read, once', async () => {
    const { client, sessionId, hooks, store } = await openSession()
    await add(store, sessionId, 'before')
    hooks.messages = async () => {
      hooks.messages = undefined
      // After the stream was opened, before the window is read.
      await add(store, sessionId, 'during')
    }
    hooks.segments = async () => {
      hooks.segments = undefined
      // After the window, before the events after it are read.
      await add(store, sessionId, 'behind')
    }
    const stream = await client.onChat({ sessionId, mode: full })
    const frames = await readUntil(stream, 'caught-up')
    await add(store, sessionId, 'live')
    frames.push(...(await readUntil(stream, 'events')))
    expect(texts(frames)).toEqual(['before', 'during', 'behind', 'live'])
    const withIds = frames.filter((frame) => getEventMeta(frame)?.id !== undefined)
    expect(withIds.map(({ type }) => type)).toEqual(['caught-up', 'events'])
  })

  test('that fails before or after its first frame is an error, not a success', async () => {
    const { client, sessionId, hooks, errors } = await openSession()
    for (const method of ['state', 'messages', 'segments'] as const) {
      hooks[method] = () => {
        throw new Error('disk on fire')
      }
      const stream = await client.onChat({ sessionId, mode: full })
      await expect(readUntil(stream, 'caught-up')).rejects.toMatchObject({
        code: 'INTERNAL_SERVER_ERROR',
        message: expect.not.stringContaining('fire'),
      })
      hooks[method] = undefined
    }
    expect(errors.map(({ where }) => where)).toEqual(['onChat', 'onChat', 'onChat'])
    const stream = await client.onChat({ sessionId, mode: full })
    await readUntil(stream, 'caught-up')
  })

  test('writes nothing', async () => {
    const { client, sessionId, store } = await openSession()
    const { commits, events } = store.stats()
    for (const mode of [full, { type: 'live' } as const]) {
      await readUntil(await client.onChat({ sessionId, mode }), 'caught-up')
    }
    expect(store.stats()).toMatchObject({ commits, events })
  })

  test('sends the window in small frames, and a large message whole', async () => {
    const { client, sessionId, store } = await openSession({ limits: { frameBytes: 1_000 } })
    const long = 'x'.repeat(5_000)
    await add(store, sessionId, ...Array.from({ length: 20 }, (_, i) => `${i}`), long)
    const stream = await client.onChat({ sessionId, mode: full })
    const frames = await readUntil(stream, 'caught-up')
    const sizes = frames.flatMap((f) => (f.type === 'messages' ? JSON.stringify(f).length : []))
    expect(sizes.length).toBeGreaterThan(3)
    expect(sizes.filter((size) => size > 1_100)).toHaveLength(1)
    expect(texts(frames)).toHaveLength(21)
  })

  test('says whether there is older history', async () => {
    const { client, sessionId, store } = await openSession({ limits: { windowMessages: 3 } })
    await add(store, sessionId, '1', '2', '3')
    const hasOlder = async () => {
      const stream = await client.onChat({ sessionId, mode: full })
      return (await readUntil(stream, 'caught-up')).at(-1)
    }
    expect(await hasOlder()).toMatchObject({ hasOlder: false })
    await add(store, sessionId, '4')
    expect(await hasOlder()).toMatchObject({ hasOlder: true })
  })

  test('includes a reset that happens during it', async () => {
    const { client, sessionId, store, hooks } = await openSession()
    await add(store, sessionId, 'old')
    hooks.segments = async () => {
      hooks.segments = undefined
      await client.history.reset({ sessionId })
    }
    const stream = await client.onChat({ sessionId, mode: full })
    const frames = await readUntil(stream, 'caught-up')
    expect(frames.at(-1)).toMatchObject({ epoch: 1, hasOlder: true })
    expect(frames.at(-1)).not.toHaveProperty('run')
  })

  test('includes a run that failed before its first token', async () => {
    const { client, sessionId } = await openSession({
      agent: () => Promise.reject(new Error('no')),
    })
    const follower = await client.onChat({ sessionId, mode: full })
    await readUntil(follower, 'caught-up')
    await client.messages.send({ sessionId, text: 'Hi' })
    await readRun(follower)
    const stream = await client.onChat({ sessionId, mode: full })
    const frames = await readUntil(stream, 'caught-up')
    expect(frames.at(-1)).not.toHaveProperty('run')
    expect(frames.find(({ type }) => type === 'messages')).toMatchObject({
      messages: [{}, { status: 'done', metadata: { error: { code: 'AGENT_FAILED' } } }],
    })
  })
})

describe('a replay since a cursor', () => {
  async function cursorOf(session: Awaited<ReturnType<typeof openSession>>) {
    const { client, sessionId } = session
    const stream = await client.onChat({ sessionId, mode: full })
    const frames = await readUntil(stream, 'caught-up')
    const last = frames.at(-1)
    if (last?.type !== 'caught-up') throw new Error('no cursor')
    await stream.return?.()
    return last.cursor
  }

  async function served(session: Awaited<ReturnType<typeof openSession>>, cursor: string) {
    const { client, sessionId } = session
    const stream = await client.onChat({ sessionId, mode: { type: 'since', cursor } })
    return readUntil(stream, 'caught-up')
  }

  test('sends the events after it, in frames that carry ids', async () => {
    const session = await openSession()
    await add(session.store, session.sessionId, 'old')
    const cursor = await cursorOf(session)
    await add(session.store, session.sessionId, 'new')
    const frames = await served(session, cursor)
    expect(frames[0]).toEqual({ type: 'replay', protocol: 1, mode: 'since', epoch: 0 })
    expect(texts(frames)).toEqual(['new'])
    expect(frames.slice(1).every((frame) => getEventMeta(frame)?.id !== undefined)).toBe(true)
  })

  test('of another session or history gets a full one, with the reason', async () => {
    const session = await openSession()
    const other = await openSession()
    await add(session.store, session.sessionId, 'mine')
    await add(other.store, other.sessionId, 'theirs')
    const cursor = await cursorOf(session)
    const [journal, seq, tag] = cursor.split('.')
    const cases = [
      { asked: await cursorOf(other), reason: 'cursor-unknown' },
      { asked: `${journal}.${Number(seq) + 5}.${tag}`, reason: 'cursor-ahead' },
      { asked: `${journal}.${seq}.AAAAAA`, reason: 'cursor-unknown' },
    ]
    for (const { asked, reason } of cases) {
      const frames = await served(session, asked)
      expect(frames[0]).toEqual({ type: 'replay', protocol: 1, mode: 'full', reason, epoch: 0 })
      expect(texts(frames)).toEqual(['mine'])
    }
  })

  test('that cannot be decoded is bad input', async () => {
    const { client, sessionId } = await openSession()
    const bad = { code: 'BAD_INPUT', status: 400, defined: true }
    await expect(
      client.onChat({ sessionId, mode: { type: 'since', cursor: 'nonsense' } }),
    ).rejects.toMatchObject({ ...bad, data: { field: 'mode.cursor', value: 'nonsense' } })
    await expect(
      client.onChat({ sessionId, mode: full }, { lastEventId: 'x'.repeat(500) }),
    ).rejects.toMatchObject({ ...bad, data: { field: 'lastEventId' } })
  })

  test('never costs more than a full replay', async () => {
    const session = await openSession({ limits: { windowBytes: 10_000 } })
    const cursor = await cursorOf(session)
    await add(session.store, session.sessionId, 'x'.repeat(6_000))
    expect((await served(session, cursor))[0]).toMatchObject({ mode: 'since' })
    await add(session.store, session.sessionId, 'y'.repeat(6_000))
    expect((await served(session, cursor))[0]).toEqual({
      type: 'replay',
      protocol: 1,
      mode: 'full',
      reason: 'too-far-behind',
      epoch: 0,
    })
  })
})

describe('a live stream', () => {
  test('that falls too far behind gets another replay on the same stream', async () => {
    const { client, sessionId, store } = await openSession({ limits: { windowBytes: 10_000 } })
    const stream = await client.onChat({ sessionId, mode: full })
    await readUntil(stream, 'caught-up')
    // First more than the transport buffers for the reader, then far more than the budget.
    for (let i = 0; i < 40; i++) await add(store, sessionId, `${i} ${'x'.repeat(3_000)}`)
    const frames: ChatFrame[] = []
    while (!texts(frames).at(-1)?.startsWith('39 ')) {
      const { value, done } = await stream.next()
      if (!done) frames.push(value)
    }
    expect(frames.find(({ type }) => type === 'replay')).toEqual({
      type: 'replay',
      protocol: 1,
      mode: 'full',
      reason: 'too-far-behind',
      epoch: 0,
    })
    await add(store, sessionId, 'and on')
    const rest = await readUntil(stream, 'events', (frame) => texts([frame]).includes('and on'))
    expect(rest.at(-1)).toMatchObject({ type: 'events' })
  })

  test('ends with shutting-down when the server closes in the middle of its replay', async () => {
    const { client, sessionId, chat, hooks } = await openSession()
    hooks.messages = () => new Promise(() => {})
    const stream = await client.onChat({ sessionId, mode: full })
    await readUntil(stream, 'replay')
    const next = stream.next()
    void chat.close()
    expect((await next).value).toEqual({ type: 'end', reason: 'shutting-down' })
  })
})
