import type { ChatFrame, ChatFrameOf } from '@caughtup/schema'
import { ManualClock } from '@caughtup/schema/testing'
import type { ImportedRow } from '@caughtup/store'
import { describe, expect, test, vi } from 'vitest'

import { createChatServer } from '../src/create-chat-server.ts'
import { TranscriptMerges } from '../src/transcripts/transcript-merges.ts'
import { ForeignTranscript } from './support/foreign-transcript.ts'
import { interceptedStorage, type StorageHooks } from './support/intercept-storage.ts'
import {
  type Client,
  fetchClient,
  openTestServer,
  readRun,
  readUntil,
  serveTest,
  testDatabase,
  type TestServerOptions,
} from './support/open-test-server.ts'
import { ScriptedAgent } from './support/scripted-agent.ts'

const full = { type: 'full' } as const

async function openMerging(options: TestServerOptions = {}) {
  const foreign = new ForeignTranscript()
  const scripted = new ScriptedAgent()
  const server = await openTestServer({
    agent: scripted.agent,
    transcript: foreign.options,
    ...options,
  })
  const client = server.client()
  const { id: sessionId } = await client.sessions.create({ title: 'Test' })
  const open = (mode: Parameters<Client['onChat']>[0]['mode'] = full) =>
    opened(client, sessionId, mode)
  return { ...server, foreign, scripted, client, sessionId, open }
}

async function opened(
  client: Client,
  sessionId: string,
  mode: Parameters<Client['onChat']>[0]['mode'] = full,
) {
  const stream = await client.onChat({ sessionId, mode })
  const frames = await readUntil(stream, 'caught-up')
  const caughtUp = frames.at(-1) as ChatFrameOf<'caught-up'>
  return { stream, frames, caughtUp, texts: textsIn(frames), unmerged: caughtUp.unmerged }
}

function textsIn(frames: readonly ChatFrame[]): string[] {
  return frames.flatMap((frame) => (frame.type === 'messages' ? frame.messages.map(textOf) : []))
}

function textOf({ parts }: { parts: readonly { type: string }[] }): string {
  return parts.map((part) => ('text' in part ? String(part.text) : '')).join('')
}

describe('the transcript of another system', () => {
  test('is merged before a window is read, at its own time, and again when it has grown', async () => {
    const { foreign, open, client } = await openMerging()
    foreign.append('one', 'two')
    expect(await open()).toMatchObject({ texts: ['one', 'two'] })
    const { rows } = (await client.activity.list()) as { rows: { recency: number }[] }
    expect(rows).toMatchObject([{ recency: 2_000 }])
    foreign.append('three')
    expect(await open()).toMatchObject({ texts: ['one', 'two', 'three'] })
    expect((await open()).caughtUp).not.toHaveProperty('unmerged')
  })

  test('is read again only when its state has changed', async () => {
    const { foreign, open } = await openMerging()
    foreign.append('one')
    await open()
    await open()
    expect(foreign.calls).toEqual({ probe: 2, read: 1 })
    foreign.append('two')
    await open()
    expect(foreign.calls).toEqual({ probe: 3, read: 2 })
  })

  test('is read each time without a probe, and never where the probe finds none', async () => {
    const { foreign, open } = await openMerging()
    const { read } = foreign.options
    const always = await openMerging({ transcript: { read } })
    await always.open()
    await always.open()
    expect(foreign.calls.read).toBe(2)
    const never = await openMerging({ transcript: { read, probe: () => undefined } })
    expect((await never.open()).caughtUp).not.toHaveProperty('unmerged')
    expect(foreign.calls).toEqual({ probe: 0, read: 2 })
    await open()
  })

  test('reaches open streams and those that resume as an ordinary event', async () => {
    const { foreign, open } = await openMerging()
    const { stream, caughtUp } = await open()
    foreign.append('one')
    const { frames } = await open({ type: 'since', cursor: caughtUp.cursor })
    const imported = { events: [{ type: 'imported', count: 1 }] }
    expect(frames.find(({ type }) => type === 'events')).toMatchObject(imported)
    expect((await readUntil(stream, 'events')).at(-1)).toMatchObject(imported)
  })

  test('is not merged for a stream that reads no history', async () => {
    const { foreign, open } = await openMerging()
    await open({ type: 'live' })
    expect(foreign.calls).toEqual({ probe: 0, read: 0 })
  })

  test('is merged before the first page of history, and only that', async () => {
    const { foreign, client, sessionId } = await openMerging()
    foreign.append('one', 'two')
    const page = await client.history.loadMore({ sessionId, limit: 1 })
    expect(page.messages.map(textOf)).toEqual(['two'])
    expect(page).not.toHaveProperty('unmerged')
    foreign.append('three')
    const older = await client.history.loadMore({ sessionId, cursor: page.nextCursor! })
    expect(older.messages.map(textOf)).toEqual(['one'])
    expect(foreign.calls.probe).toBe(1)
  })

  test('is merged again into another session that has the id of a deleted one', async () => {
    const { foreign, client } = await openMerging()
    foreign.append('one')
    await client.sessions.create({ sessionId: 'mine' })
    expect(await opened(client, 'mine')).toMatchObject({ texts: ['one'] })
    await client.sessions.delete({ sessionId: 'mine' })
    await client.sessions.create({ sessionId: 'mine' })
    expect(await opened(client, 'mine')).toMatchObject({ texts: ['one'] })
  })

  test('does not bring back what was truncated or undone here', async () => {
    const { foreign, client, sessionId, open } = await openMerging()
    foreign.append('one', 'two', 'three')
    await open()
    await client.history.undo({ sessionId })
    const first = (await client.history.loadMore({ sessionId })).messages[0]!
    await client.history.truncate({ sessionId, after: first.id })
    foreign.append('four')
    expect(await open()).toMatchObject({ texts: ['one', 'four'] })
  })
})

describe('a run', () => {
  test('has what the transcript has, before its prompt', async () => {
    const { foreign, scripted, client, sessionId } = await openMerging()
    foreign.append('one')
    await client.messages.send({ sessionId, text: 'Hi' })
    const { context, finish } = await scripted.run()
    expect(context.messages.map(textOf)).toEqual(['one', 'Hi'])
    // It waits behind the first one, and is merged for when its turn comes.
    await client.messages.send({ sessionId, text: 'And?' })
    foreign.append('two')
    finish()
    const next = await scripted.run()
    expect(next.context.messages.map(textOf)).toEqual(['one', 'Hi', 'two', 'And?'])
  })

  test('of a compaction or a reset takes what the transcript has into the epoch that it ends', async () => {
    const summarised: string[][] = []
    const { foreign, client, sessionId, open } = await openMerging({
      summarise: async ({ messages }) => {
        summarised.push(messages.map(textOf))
        return 'In short'
      },
    })
    foreign.append('one')
    const { stream } = await open()
    foreign.append('two')
    await client.history.compact({ sessionId })
    await readRun(stream)
    expect(summarised).toEqual([['one', 'two']])
    foreign.append('three')
    await client.history.reset({ sessionId })
    expect((await open()).texts).toEqual([])
  })

  test('of a retry keeps the context of the answer before, and nothing of the transcript is hidden', async () => {
    const { foreign, scripted, client, sessionId, open } = await openMerging()
    const { stream } = await open()
    const { messageId } = await client.messages.send({ sessionId, text: 'Hi' })
    ;(await scripted.run()).finish()
    await readRun(stream)
    foreign.append('one')
    await client.messages.retry({ sessionId, messageId })
    const again = await scripted.run()
    expect(again.context.messages.map(textOf)).toEqual(['Hi'])
    again.say('Hello')
    again.finish()
    await readRun(stream)
    expect(await open()).toMatchObject({ texts: ['Hi', 'Hello', 'one'] })
  })

  test('that is active is not interleaved: its clients are told, and get the rest after it', async () => {
    const { foreign, scripted, client, sessionId, open, errors } = await openMerging()
    const { stream } = await open()
    await client.messages.send({ sessionId, text: 'Hi' })
    const run = await scripted.run()
    expect((await open()).caughtUp).not.toHaveProperty('unmerged')
    foreign.append('one')
    const { read } = foreign.calls
    expect(await open()).toMatchObject({ unmerged: 'run-active' })
    expect(foreign.calls.read).toBe(read)
    run.say('Hello')
    run.finish()
    const isImport = ({ events }: ChatFrameOf<'events'>) =>
      events.some(({ type }) => type === 'imported')
    await readUntil(stream, 'events', isImport)
    const after = await open()
    expect(after.texts).toEqual(['Hi', 'Hello', 'one'])
    expect(after.caughtUp).not.toHaveProperty('unmerged')
    expect(errors).toEqual([])
  })

  test('that begins while the transcript is read comes first', async () => {
    const { foreign, scripted, client, sessionId, open, store, errors } = await openMerging()
    const began = Promise.withResolvers<void>()
    foreign.append('one')
    foreign.onRead = async () => {
      foreign.onRead = () => {}
      await store.append({
        sessionId,
        drafts: [
          {
            type: 'run-started',
            runId: 'r1',
            run: { id: 'r1', kind: 'agent', status: 'streaming', startedAt: 1 },
          },
        ],
      })
      began.resolve()
    }
    expect(await open()).toMatchObject({ texts: [], unmerged: 'run-active' })
    await began.promise
    await client.runs.interrupt({ sessionId })
    await expect.poll(async () => (await open()).texts).toEqual(['one'])
    expect(errors).toEqual([])
    await client.messages.send({ sessionId, text: 'Hi' })
    await scripted.run()
  })
})

describe('a transcript that cannot be merged', () => {
  test.each<[string, Partial<NonNullable<TestServerOptions['transcript']>>, object]>([
    [
      'whose read throws',
      { read: () => Promise.reject(new Error('no disk')) },
      { message: 'no disk' },
    ],
    [
      'whose probe throws',
      {
        probe: () => {
          throw new Error('no disk')
        },
      },
      { message: 'no disk' },
    ],
    [
      'that is no list',
      { read: () => 'nonsense' as unknown as [] },
      { code: 'BAD_INPUT', data: { field: 'rows', value: 'nonsense' } },
    ],
    [
      'whose state is no plain value',
      { probe: () => new Map() as unknown as string },
      { code: 'BAD_INPUT', data: { field: 'transcript.probe', value: '{}' } },
    ],
    [
      'whose state is no number',
      { probe: () => ({ size: Number.NaN }) },
      { code: 'BAD_INPUT', data: { field: 'transcript.probe' } },
    ],
  ])('%s leaves reads and runs as they are, and says so', async (_, broken, error) => {
    const { foreign, client, scripted, sessionId, store, open, errors } = await openMerging({
      transcript: { read: () => [], ...broken },
    })
    await store.reconcile(sessionId, [{ role: 'user', parts: [{ type: 'text', text: 'known' }] }])
    foreign.append('one')
    expect(await open()).toMatchObject({ texts: ['known'], unmerged: 'failed' })
    expect(errors).toMatchObject([{ error, where: 'merging a transcript' }])
    expect(await client.history.loadMore({ sessionId })).toMatchObject({
      messages: [{}],
      unmerged: 'failed',
    })
    await client.messages.send({ sessionId, text: 'Hi' })
    const { context } = await scripted.run()
    expect(context.messages.map(textOf)).toEqual(['known', 'Hi'])
  })

  test('for a moment is merged by the next read', async () => {
    const { foreign, open } = await openMerging()
    foreign.append('one')
    foreign.onRead = () => Promise.reject(new Error('no disk'))
    expect(await open()).toMatchObject({ texts: [], unmerged: 'failed' })
    foreign.onRead = () => {}
    const { texts, caughtUp } = await open()
    expect(texts).toEqual(['one'])
    expect(caughtUp).not.toHaveProperty('unmerged')
  })

  test('in one row is merged in all others, reported once, and said until the row is good', async () => {
    const { foreign, open, errors } = await openMerging()
    foreign.append('one', 'two', 'three')
    const good = foreign.rows[1]!
    foreign.rows[1] = { ...good, role: 'nobody' } as unknown as ImportedRow
    expect(await open()).toMatchObject({ texts: ['one', 'three'], unmerged: 'failed' })
    expect(await open()).toMatchObject({ texts: ['one', 'three'], unmerged: 'failed' })
    expect(foreign.calls.read).toBe(1)
    expect(errors).toMatchObject([
      { error: { code: 'BAD_INPUT', data: { field: 'rows.1.role', value: 'nobody' } } },
    ])
    foreign.rows[1] = good
    foreign.append('four')
    const { texts, caughtUp } = await open()
    expect(texts).toEqual(['one', 'three', 'two', 'four'])
    expect(caughtUp).not.toHaveProperty('unmerged')
  })

  test('in time is given up with heartbeats until then, and not asked again until it returns', async () => {
    const clock = new ManualClock()
    const { foreign, client, sessionId, scripted, errors } = await openMerging({
      clock,
      heartbeat: 2_000,
    })
    foreign.append('one')
    const hang = Promise.withResolvers<void>()
    let signal: AbortSignal | undefined
    foreign.onRead = (context) => {
      ;({ signal } = context)
      return hang.promise
    }
    const stream = await client.onChat({ sessionId, mode: full })
    const reading = readUntil(stream, 'caught-up')
    await expect.poll(() => foreign.calls.read).toBe(1)
    await clock.advance(4_999)
    expect(signal!.aborted).toBe(false)
    await clock.advance(1)
    const frames = await reading
    expect(frames.map(({ type }) => type)).toEqual([
      'heartbeat',
      'heartbeat',
      'replay',
      'caught-up',
    ])
    expect(frames.at(-1)).toMatchObject({ unmerged: 'failed' })
    expect(signal!.aborted).toBe(true)
    expect(errors).toMatchObject([{ error: { message: expect.stringContaining('5000 ms') } }])

    expect(await opened(client, sessionId)).toMatchObject({ texts: [], unmerged: 'failed' })
    await client.messages.send({ sessionId, text: 'Hi' })
    await scripted.run()
    expect(foreign.calls.read).toBe(1)
    expect(errors).toHaveLength(1)
    const { id: other } = await client.sessions.create()
    foreign.onRead = () => {}
    expect(await opened(client, other)).toMatchObject({ texts: ['one'] })

    hang.resolve()
    await client.runs.interrupt({ sessionId })
    await expect.poll(async () => (await opened(client, sessionId)).texts).toContain('one')
  })

  test('in time because it is long is merged all the same, while reads go on', async () => {
    const clock = new ManualClock()
    const hooks: StorageHooks = {}
    const { foreign, client, sessionId, store, errors } = await openMerging({
      clock,
      storage: interceptedStorage(testDatabase(), hooks),
    })
    foreign.append('one')
    const lookup = Promise.withResolvers<void>()
    hooks.lookup = () => lookup.promise
    const stream = await client.onChat({ sessionId, mode: full })
    const reading = readUntil(stream, 'caught-up')
    await expect.poll(() => foreign.calls.read).toBe(1)
    await clock.advance(5_000)
    expect((await reading).at(-1)).toMatchObject({ unmerged: 'failed' })
    hooks.lookup = undefined
    lookup.resolve()
    // A merge that took this long gives the event loop a turn, for which the clock has to move.
    await vi.waitFor(async () => {
      await clock.advance(1)
      expect((await store.head(sessionId)).head.seq).toBeGreaterThan(0)
    })
    const { texts, caughtUp } = await opened(client, sessionId)
    expect(texts).toEqual(['one'])
    expect(caughtUp).not.toHaveProperty('unmerged')
    expect(foreign.calls.read).toBe(1)
    expect(errors).toMatchObject([{ error: { message: expect.stringContaining('5000 ms') } }])
  })

  test('is left alone while 256 calls for others have not returned, which is said', async () => {
    const clock = new ManualClock()
    const { foreign, chat, store, errors } = await openMerging({ clock })
    const merges = new TranscriptMerges(chat.settings, new AbortController().signal)
    const merge = async () =>
      merges.merge((await store.sessions.create({ owner: 'me', title: 'Test' })).id)
    const hang = Promise.withResolvers<void>()
    foreign.onRead = () => hang.promise
    for (let calls = 16; calls <= 256; calls += 16) {
      const late = Promise.all(Array.from({ length: 16 }, merge))
      await expect.poll(() => foreign.calls.read).toBe(calls)
      await clock.advance(5_000)
      expect(new Set(await late)).toEqual(new Set(['failed']))
    }
    errors.length = 0
    expect(await merge()).toBe('failed')
    expect(errors).toMatchObject([{ error: { message: expect.stringContaining('256 calls') } }])
    expect(foreign.calls).toEqual({ probe: 256, read: 256 })
    hang.resolve()
    await expect.poll(merge).toBeUndefined()
  })

  test('does not keep the server from closing', async () => {
    const { foreign, client, sessionId, chat, errors } = await openMerging()
    foreign.append('one')
    foreign.onRead = () => new Promise(() => {})
    const stream = await client.onChat({ sessionId, mode: full })
    const next = stream.next()
    await expect.poll(() => foreign.calls.read).toBe(1)
    await chat.close()
    expect((await next).value).toEqual({ type: 'end', reason: 'shutting-down' })
    expect(errors).toEqual([])
  })

  test('while the next run waits for it does not make closing an error', async () => {
    const { foreign, scripted, client, sessionId, chat, errors, store } = await openMerging()
    await client.messages.send({ sessionId, text: 'Hi' })
    const run = await scripted.run()
    await client.messages.send({ sessionId, text: 'Ho' })
    const { read } = foreign.calls
    foreign.append('one')
    foreign.onRead = () => new Promise(() => {})
    run.finish()
    await expect.poll(() => foreign.calls.read).toBe(read + 1)
    await chat.close()
    expect((await store.head(sessionId)).head.queue).toHaveLength(1)
    expect(errors).toEqual([])
  })
})

describe('merges at once', () => {
  test('of a session are one, and one more for those that come while it reads', async () => {
    const { foreign, client, sessionId, open } = await openMerging({ stats: () => true })
    foreign.append('one')
    const read = Promise.withResolvers<void>()
    foreign.onRead = () => read.promise
    const first = open()
    await expect.poll(() => foreign.calls.read).toBe(1)
    foreign.append('late')
    const others = Promise.all(Array.from({ length: 10 }, () => opened(client, sessionId)))
    await expect.poll(async () => (await client.server.stats()).chatStreams).toBe(11)
    for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve))
    read.resolve()
    expect((await first).texts).toContain('one')
    for (const { texts } of await others) expect(texts).toEqual(['one', 'late'])
    expect(foreign.calls).toEqual({ probe: 2, read: 2 })
  })

  test('of many sessions are 16', async () => {
    const { foreign, client } = await openMerging({ stats: () => true })
    const read = Promise.withResolvers<void>()
    foreign.onRead = () => read.promise
    foreign.append('one')
    const ids = await Promise.all(
      Array.from({ length: 20 }, async () => (await client.sessions.create()).id),
    )
    const all = Promise.all(ids.map((id) => opened(client, id)))
    await expect.poll(() => foreign.calls.read).toBe(16)
    await expect.poll(async () => (await client.server.stats()).chatStreams).toBe(20)
    for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve))
    expect(foreign.calls.read).toBe(16)
    read.resolve()
    for (const { texts } of await all) expect(texts).toEqual(['one'])
    expect(foreign.calls.read).toBe(20)
  })

  test('of two servers on one database add nothing twice and lose nothing', async () => {
    const file = testDatabase()
    const foreign = new ForeignTranscript()
    const servers = await Promise.all(
      [0, 1].map(() => openTestServer({ file, transcript: foreign.options })),
    )
    const clients = await Promise.all(
      servers.map(async ({ chat }) => {
        const { url } = await serveTest(chat)
        return fetchClient(fetch, 'me', `${url}/rpc`)
      }),
    )
    const { id: sessionId } = await clients[0]!.sessions.create()
    const written: string[] = []
    for (let round = 0; round < 5; round++) {
      // Equal texts at equal times, too: these are told apart by their number alone.
      const texts = Array.from({ length: 300 }, (_, i) => `${round} ${i % 290}`)
      foreign.append(...texts)
      for (const row of foreign.rows) row.createdAt = 1_000
      written.push(...texts)
      await Promise.all(clients.map((client) => opened(client, sessionId)))
    }
    const shown: string[] = []
    for (let cursor: { before: number } | null | undefined; cursor !== null;) {
      const page = await clients[1]!.history.loadMore({
        sessionId,
        limit: 200,
        ...(cursor && { cursor }),
      })
      shown.unshift(...page.messages.map(textOf))
      cursor = page.nextCursor
    }
    expect(shown).toEqual(written)
    for (const { errors } of servers) expect(errors).toEqual([])
  })
})

test('options of a transcript that are wrong are refused at once', async () => {
  const { store } = await openTestServer()
  const create = (transcript: unknown) => () =>
    createChatServer({
      store,
      agent: async function* () {},
      principal: () => ({ id: 'me' }),
      transcript: transcript as { read: () => [] },
    })
  expect(create({})).toThrow('`transcript.read` must be a function, not undefined.')
  expect(create({ read: () => [], probe: 'no' })).toThrow(
    '`transcript.probe` must be a function, not no.',
  )
  for (const timeout of [0, -1, Number.NaN, 60_001, '5']) {
    expect(create({ read: () => [], timeout })).toThrow(
      '`transcript.timeout` must be a number above 0 and at most 60000',
    )
  }
})
