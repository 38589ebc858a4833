import type { ChatFrame } from '@caughtup/schema'
import { ManualClock, Random, settle } from '@caughtup/schema/testing'
import { createStore, type Store } from '@caughtup/store'
import { memory } from '@caughtup/store/memory'
import { describe, expect, test, vi } from 'vitest'

import {
  type Client,
  fetchClient,
  openSocket,
  openTestServer,
  readUntil,
  serveTest,
  socketClient,
  testDatabase,
  type TestServerOptions,
} from './support/open-test-server.ts'
import { ScriptedAgent } from './support/scripted-agent.ts'

const full = { type: 'full' } as const
const forbidden = { type: 'end', reason: 'forbidden' }
const notFound = { code: 'NOT_FOUND', status: 404 }

/** A session that Ann owns and Bob is a member of, on a server that listens. */
async function openShared(options: TestServerOptions = {}) {
  const scripted = new ScriptedAgent()
  const server = await openTestServer({ agent: scripted.agent, ...options })
  const { id: sessionId } = await server.store.sessions.create({ owner: 'ann', members: ['bob'] })
  const serving = await serveTest(server.chat)
  const connect = async (transport: 'sse' | 'websocket', principal: string): Promise<Client> =>
    transport === 'sse'
      ? fetchClient(fetch, principal, `${serving.url}/rpc`)
      : socketClient(await openSocket(serving, principal))
  return { ...server, scripted, sessionId, connect }
}

/** Reads a stream to its end. */
function readAll<F extends { type: string }>(stream: AsyncIterable<F>) {
  const frames: F[] = []
  const ended = (async () => {
    for await (const frame of stream) frames.push(frame)
    return frames
  })()
  ended.catch(() => undefined)
  return { frames, ended, last: () => frames.at(-1) }
}

const typesOf = (frames: readonly { type: string }[]) => frames.map(({ type }) => type)

/** The newest seq that frames brought. */
function newestSeq(frames: readonly ChatFrame[]): number {
  const seqs = frames.flatMap((frame) => {
    if (frame.type === 'events') return frame.events.map(({ seq }) => seq)
    if (frame.type === 'text') return frame.seq
    return frame.type === 'messages' ? frame.messages.map(({ revision }) => revision) : []
  })
  return Math.max(0, ...seqs)
}

function say(store: Store, sessionId: string, text: string) {
  const message = {
    id: text,
    role: 'user' as const,
    parts: [{ type: 'text' as const, text }],
    metadata: { createdAt: 1 },
    status: 'done' as const,
  }
  return store.append({ sessionId, drafts: [{ type: 'message-created', message }] })
}

describe.each(['sse', 'websocket'] as const)('a removed member, over %s,', (transport) => {
  test('is told so in the middle of an answer, gets nothing after that, and cannot come back', async () => {
    const { connect, sessionId, scripted, store } = await openShared()
    const [ann, bob] = [await connect(transport, 'ann'), await connect(transport, 'bob')]
    const [own, theirs] = [
      readAll(await ann.onChat({ sessionId, mode: full })),
      readAll(await bob.onChat({ sessionId, mode: full })),
    ]
    await ann.messages.send({ sessionId, text: 'Hi' })
    const run = await scripted.run()
    run.say('Before')
    await vi.waitFor(() => expect(JSON.stringify(theirs.frames)).toContain('Before'))
    expect(await ann.sessions.removeMember({ sessionId, principal: 'bob' })).toEqual({
      removed: true,
    })
    const { cursor } = await store.head(sessionId)
    run.say(' after')
    run.finish()
    const frames = await theirs.ended
    expect(frames.at(-1)).toEqual(forbidden)
    expect(newestSeq(frames)).toBeLessThanOrEqual(cursor.seq)
    await vi.waitFor(() => expect(JSON.stringify(own.frames)).toContain('run-ended'))
    expect(JSON.stringify(frames)).not.toContain('after')
    const back = bob.onChat({ sessionId, mode: { type: 'live' } })
    await expect(back).rejects.toMatchObject(notFound)
  })

  test('may have removed itself', async () => {
    const { connect, sessionId } = await openShared()
    const bob = await connect(transport, 'bob')
    const stream = await bob.onChat({ sessionId, mode: full })
    await readUntil(stream, 'caught-up')
    const rest = readUntil(stream, 'end')
    await bob.sessions.removeMember({ sessionId, principal: 'bob' })
    expect((await rest).at(-1)).toEqual(forbidden)
  })
})

describe('a stream', () => {
  test('of a deleted session ends with that reason for every member', async () => {
    const { connect, sessionId } = await openShared()
    const [ann, bob] = [await connect('sse', 'ann'), await connect('sse', 'bob')]
    const streams = [
      await ann.onChat({ sessionId, mode: full }),
      await bob.onChat({ sessionId, mode: full }),
    ].map((stream) => readAll(stream))
    await ann.sessions.delete({ sessionId })
    for (const { ended } of streams) {
      expect((await ended).at(-1)).toEqual({ type: 'end', reason: 'session-deleted' })
    }
  })

  test('ends though its client reads nothing, once that reads again', async () => {
    const { client, sessionId, store } = await openShared()
    const stream = await client('bob').onChat({ sessionId, mode: full })
    await readUntil(stream, 'caught-up')
    await say(store, sessionId, 'one')
    await say(store, sessionId, 'two')
    await store.sessions.removeMember(sessionId, 'bob')
    await say(store, sessionId, 'three')
    const frames = await readUntil(stream, 'end')
    expect(frames.at(-1)).toEqual(forbidden)
    expect(newestSeq(frames)).toBeLessThanOrEqual(2)
  })

  test('that is opened while its principal is removed has no frame but the end', async () => {
    const gate = Promise.withResolvers<boolean>()
    const asked = Promise.withResolvers<void>()
    const { client, sessionId, store } = await openShared({
      can: (_, action) => {
        if (action !== 'onChat') return true
        asked.resolve()
        return gate.promise
      },
    })
    const opening = client('bob').onChat({ sessionId, mode: full })
    await asked.promise
    await store.sessions.removeMember(sessionId, 'bob')
    gate.resolve(true)
    const { frames, ended } = readAll(await opening)
    await ended
    expect(frames).toEqual([forbidden])
  })

  test('of another process ends within two polls of the file after a removal', async () => {
    const file = testDatabase()
    const clock = new ManualClock()
    const there = await openTestServer({ file, clock })
    const here = await openTestServer({ file })
    const { id: sessionId } = await here.store.sessions.create({ owner: 'ann', members: ['bob'] })
    const [bobs, anns] = [
      readAll(await there.client('bob').onChat({ sessionId, mode: full })),
      readAll(await there.client('ann').onChat({ sessionId, mode: full })),
    ]
    await vi.waitFor(() => expect(typesOf(bobs.frames)).toContain('caught-up'))
    await here.client('ann').sessions.removeMember({ sessionId, principal: 'bob' })
    await clock.advance(80)
    expect((await bobs.ended).at(-1)).toEqual(forbidden)
    await say(here.store, sessionId, 'one')
    await clock.advance(80)
    await vi.waitFor(() => expect(newestSeq(anns.frames)).toBe(1))
  })

  test.each(['onChat', 'activity.subscribe'] as const)(
    'of %s ends within an interval once `can` changes its mind',
    async (refused) => {
      const clock = new ManualClock()
      const may = new Set(['ann', 'bob'])
      const { client, sessionId } = await openShared({
        clock,
        recheck: 10_000,
        can: ({ id }, action) => action !== refused || may.has(id),
      })
      const open = async (principal: string) =>
        refused === 'onChat'
          ? readAll<{ type: string }>(await client(principal).onChat({ sessionId, mode: full }))
          : readAll<{ type: string }>(await client(principal).activity.subscribe())
      const [ann, bob] = [await open('ann'), await open('bob')]
      await clock.advance(20_000)
      expect([ann.last(), bob.last()]).toMatchObject(Array(2).fill({ type: 'heartbeat' }))
      may.delete('bob')
      await clock.advance(10_000)
      expect((await bob.ended).at(-1)).toEqual(forbidden)
      expect(ann.last()).toMatchObject({ type: 'heartbeat' })
    },
  )

  test('stays while `can` throws, which is reported, and ends once it refuses', async () => {
    const clock = new ManualClock()
    let answer = (): boolean => true
    const { client, sessionId, errors } = await openShared({
      clock,
      recheck: 10_000,
      can: () => answer(),
    })
    const bob = readAll(await client('bob').onChat({ sessionId, mode: full }))
    await settle()
    const failure = new Error('the directory is down')
    answer = () => {
      throw failure
    }
    await clock.advance(10_000)
    expect(errors).toEqual([{ error: failure, where: 'onChat' }])
    expect(bob.last()).toMatchObject({ type: 'heartbeat' })
    answer = () => false
    await clock.advance(10_000)
    expect((await bob.ended).at(-1)).toEqual(forbidden)
  })
})

describe('the prompts of a removed member', () => {
  test('run: the active one goes on, and the queued ones follow, with their author', async () => {
    const { client, sessionId, scripted, store } = await openShared()
    const bob = client('bob')
    await bob.messages.send({ sessionId, text: 'First' })
    await bob.messages.send({ sessionId, text: 'Second' })
    const first = await scripted.run()
    first.say('One')
    await client('ann').sessions.removeMember({ sessionId, principal: 'bob' })
    first.finish()
    const second = await scripted.run()
    expect(second.context.principal).toEqual({ id: 'bob' })
    second.say('Two')
    second.finish()
    await vi.waitFor(async () => expect((await store.head(sessionId)).head.run).toBeUndefined())
    const { messages } = await client('ann').history.loadMore({ sessionId })
    expect(
      messages.map(({ role, metadata: { author, finishReason } }) => [
        role,
        author ?? finishReason,
      ]),
    ).toEqual([
      ['user', 'bob'],
      ['assistant', 'stop'],
      ['user', 'bob'],
      ['assistant', 'stop'],
    ])
    await expect(bob.messages.send({ sessionId, text: 'Third' })).rejects.toMatchObject(notFound)
  })
})

describe('removals that race with everything else', () => {
  const seeds = process.env['CAUGHTUP_SEED']
    ? [Number(process.env['CAUGHTUP_SEED'])]
    : Array.from({ length: 12 }, (_, index) => index + 1)

  test.each(seeds)(
    'show a principal nothing but what was written while it was a member (seed %i)',
    async (seed) => {
      const random = new Random(seed)
      const storage = random.chance(0.5) ? memory() : undefined
      const { client, store, sessionId } = await openShared({
        ...(storage && { store: await createStore({ storage }) }),
      })
      const [ann, bob] = [client('ann'), client('bob')]
      /** Bob's streams: in which of the sessions that have had the id, and the newest seq that each may bring. */
      const streams: { read: ReturnType<typeof readAll<ChatFrame>>; of: number; upTo: number }[] =
        []
      /** What was said, and in which journal. */
      const said = new Map<string, string>()
      let sessions = 1
      let round = new Set<string>()
      const removedBy = async (removal: Promise<{ removed: boolean } | undefined>) => {
        const before = streams.filter((stream) => stream.of === sessions)
        const answer = await removal.catch(assertNotFound)
        const head = await store.head(sessionId).catch(assertNotFound)
        // A removed principal who is added again before it is asked about its streams keeps them.
        if (round.has('add') || round.has('renew') || !answer?.removed || !head) return
        for (const stream of before) stream.upTo = Math.min(stream.upTo, head.cursor.seq)
      }
      const bobs = { sessionId, principal: 'bob' }
      const steps = {
        say: async () => {
          const text = `said-${said.size}`
          said.set(text, '')
          const result = await say(store, sessionId, text)
          if (result.refused === undefined) said.set(text, result.cursor.journal)
        },
        add: async () => void (await ann.sessions.addMember(bobs).catch(assertNotFound)),
        remove: () => removedBy(ann.sessions.removeMember(bobs)),
        leave: () => removedBy(bob.sessions.removeMember(bobs)),
        open: async () => {
          const stream = await bob.onChat({ sessionId, mode: full }).catch(assertNotFound)
          const of = round.has('renew') ? 0 : sessions
          if (stream) streams.push({ read: readAll(stream), of, upTo: Number.POSITIVE_INFINITY })
        },
        send: async () => {
          await bob.messages.send({ sessionId, text: 'Hi' }).catch(assertNotFound)
        },
        /** Deletes the session, and gives its id to another one. */
        renew: async () => {
          await ann.sessions.delete({ sessionId }).catch(assertNotFound)
          await ann.sessions.create({ sessionId })
        },
      }
      const weights = { say: 6, add: 3, remove: 2, leave: 1, open: 4, send: 1, renew: 0.7 }
      for (let rounds = 0; rounds < 25; rounds++) {
        const some = Array.from({ length: random.between(1, 4) }, () => random.weighted(weights))
        round = new Set(some)
        await Promise.all(some.map((name) => steps[name]()))
        if (round.has('renew')) sessions++
      }
      round.clear()
      await steps.add()
      await steps.open()
      await steps.say()
      const { cursor } = await store.head(sessionId)
      const last = streams.at(-1)
      await vi.waitFor(() =>
        expect(newestSeq(last?.read.frames ?? [])).toBeGreaterThanOrEqual(cursor.seq),
      )
      await steps.remove()
      await steps.say()
      for (const { read, upTo } of streams) {
        const frames = await read.ended
        const reasons = read === last?.read ? ['forbidden'] : ['forbidden', 'session-deleted']
        expect(reasons.map((reason) => ({ type: 'end', reason }))).toContainEqual(frames.at(-1))
        expect(newestSeq(frames)).toBeLessThanOrEqual(upTo)
        const texts = JSON.stringify(frames).match(/said-\d+/g) ?? []
        expect(new Set(texts.map((text) => said.get(text))).size).toBeLessThanOrEqual(1)
      }
      expect((await bob.sessions.list()).sessions).toEqual([])
      expect(await store.sessions.members(sessionId)).toEqual(['ann'])
    },
  )
})

/** Asserts that a call was refused for a principal who is no member. */
function assertNotFound(error: unknown): undefined {
  expect(error).toMatchObject({ code: 'NOT_FOUND' })
  return undefined
}
