import type { Event } from '@caughtup/schema'
import { ManualClock, settle } from '@caughtup/schema/testing'
import { describe, expect, test } from 'vitest'

import { Followers } from './followers.ts'
import type { EventBatch } from '../port/reading.ts'
import type { Store } from '../store.ts'
import { ended, openTestStore, startRun } from '../../tests/support/open-test-store.ts'
import { fill, sampleSession } from '../../tests/support/sample-history.ts'
import { engines, testEngine, withCalls } from '../../tests/support/test-engines.ts'

const forever = () => new AbortController().signal

/** Collects everything that a follower gets. */
function collect(batches: AsyncIterable<EventBatch>): Event[] {
  const events: Event[] = []
  void (async () => {
    for await (const batch of batches) events.push(...batch.events)
  })()
  return events
}

describe.each(engines)('following on %s', (engine) => {
  describe('two processes on one database', () => {
    const both = async () => {
      const storage = testEngine(engine)
      const clock = new ManualClock()
      const [a, b] = [
        await openTestStore({ storage, clock }),
        await openTestStore({ storage, clock }),
      ]
      return { a: a.store, b: b.store, clock }
    }

    test('show each other what they write within 100 ms, in order and once', async () => {
      const { a, b, clock } = await both()
      const run = await startRun(a)
      const seen = collect(b.follow(run.sessionId, 0, { signal: forever() }))
      await clock.advance(100)
      expect(seen).toHaveLength(3)
      const writer = a.writer(run)
      for (let n = 0; n < 5; n++) {
        await writer.write({ type: 'text-delta', text: `${n}` })
        await clock.advance(133)
        expect(seen.at(-1)?.seq).toBe(4 + n)
      }
      await writer.finish({ reason: 'stop' }, [ended(run.runId)])
      await clock.advance(100)
      expect(seen.at(-1)?.type).toBe('run-ended')
      let seq = 0
      for (const event of seen) {
        expect(event.from).toBe(seq + 1)
        seq = event.seq
      }
    })

    test('end the followers of a session that the other deletes', async () => {
      const { a, b, clock } = await both()
      const sessionId = await sampleSession(a)
      const following = b.follow(sessionId, 4, { signal: forever() }).next()
      await clock.advance(100)
      await a.sessions.delete(sessionId)
      await clock.advance(100)
      expect((await following).done).toBe(true)
    })

    test('end the followers of a session whose id has been given to another one', async () => {
      const { a, b, clock } = await both()
      const sessionId = await sampleSession(a)
      const [own, other] = [a, b].map((store) => store.follow(sessionId, 3, { signal: forever() }))
      const { value } = (await own?.next()) ?? {}
      await other?.next()
      const following = [own?.next(), other?.next()]
      await a.sessions.delete(sessionId)
      await a.sessions.create({ owner: 'somebody', sessionId })
      await clock.advance(100)
      for (const next of following) expect(await next).toMatchObject({ done: true })
      const { journal } = value?.cursor ?? {}
      const late = b.follow(sessionId, 0, { signal: forever(), journal })
      expect(await late.next()).toMatchObject({ done: true })
    })

    test('show each other their session lists', async () => {
      const { a, b, clock } = await both()
      const feed = b.activity.follow('me', undefined, { signal: forever() })
      await feed.next()
      const next = async () => {
        const change = feed.next()
        await clock.advance(1_000)
        return (await change).value
      }
      const { id } = await a.sessions.create({ owner: 'me', title: 'New' })
      expect(await next()).toMatchObject({ rows: [{ sessionId: id, title: 'New' }] })
      await fill(a, id, ['u1', 'a1'])
      expect(await next()).toMatchObject({ rows: [{ messageCount: 2 }] })
      await a.sessions.update(id, { title: 'Renamed' })
      expect(await next()).toMatchObject({ rows: [{ title: 'Renamed' }] })
      await a.sessions.delete(id)
      expect(await next()).toMatchObject({ removed: [{ sessionId: id }] })
    })

    test('show each other what they write into a session that both stream', async () => {
      const { a, b, clock } = await both()
      const sessionId = await sampleSession(a)
      const [one, other] = [a, b].map((store) =>
        collect(store.follow(sessionId, 4, { signal: forever() })),
      )
      for (let n = 0; n < 20; n++) await fill(n % 2 === 0 ? a : b, sessionId, [`u-${n}`])
      await clock.advance(200)
      expect(one?.map(({ seq }) => seq)).toEqual(Array.from({ length: 20 }, (_, n) => n + 5))
      expect(other).toEqual(one)
    })
  })

  test('watches other processes while somebody follows, and ends with the store', async () => {
    let looking = 0
    const storage = withCalls(testEngine(engine), (real) => ({
      changes: {
        next: (signal) => {
          looking++
          return real.changes.next(signal).finally(() => looking--)
        },
      },
    }))
    const { store, clock } = await openTestStore({ storage })
    const sessionId = await sampleSession(store)
    await clock.advance(1_000)
    expect(looking).toBe(0)
    const controller = new AbortController()
    const following = store.follow(sessionId, 4, controller).next()
    const feed = store.activity.follow('me', undefined, { signal: forever() })
    await feed.next()
    await settle()
    expect(looking).toBe(1)
    controller.abort(new Error('enough'))
    await expect(following).rejects.toThrow('enough')
    expect(looking).toBe(1)
    const last = feed.next()
    await store.close()
    expect((await last).done).toBe(true)
    expect(looking).toBe(0)
  })

  test('followers at the same cursor share one read, and the batch of the next commit', async () => {
    let readings = 0
    const storage = withCalls(testEngine(engine), (real) => ({
      segments: (...args) => {
        readings++
        return real.segments(...args)
      },
    }))
    const { store } = await openTestStore({ storage })
    const sessionId = await sampleSession(store)
    const followers = Array.from({ length: 50 }, () =>
      store.follow(sessionId, 4, { signal: forever() }),
    )
    const first = followers.map((follower) => follower.next())
    await settle()
    expect(readings).toBe(1)
    await fill(store, sessionId, ['u3'])
    const batches = new Set((await Promise.all(first)).map(({ value }) => value))
    expect(batches.size).toBe(1)
    // The commit told what it wrote.
    expect(readings).toBe(1)
  })

  test('clients that join at the same moment share one window', async () => {
    let readings = 0
    const storage = withCalls(testEngine(engine), (real) => ({
      messages: (...args) => {
        readings++
        return real.messages(...args)
      },
    }))
    const { store } = await openTestStore({ storage })
    const sessionId = await sampleSession(store)
    const windows = await Promise.all(Array.from({ length: 50 }, () => store.window(sessionId)))
    expect(new Set(windows).size).toBe(1)
    expect(readings).toBe(1)
    await fill(store, sessionId, ['u3'])
    expect((await store.window(sessionId)).messages).toHaveLength(5)
  })

  test("a window is never older than its caller's writes", async () => {
    const { store } = await openTestStore({ storage: testEngine(engine) })
    const run = await startRun(store)
    const earlier = store.window(run.sessionId)
    await store.writer(run).write({ type: 'text-delta', text: 'mine' })
    const { messages } = await store.window(run.sessionId)
    expect(messages.at(-1)?.parts).toMatchObject([{ text: 'mine' }])
    await earlier
  })

  test('a follower that stops reading lags, and `lag` says by how much', async () => {
    const { store } = await openTestStore({ storage: testEngine(engine) })
    const sessionId = await sampleSession(store)
    expect(store.stats()).toMatchObject({ followers: 0, followerLag: 0 })
    const [slow, fast] = [0, 0].map(() => store.follow(sessionId, 0, { signal: forever() }))
    await slow?.next()
    await fast?.next()
    await fill(store, sessionId, ['u3', 'a3', 'u4'])
    expect(store.stats()).toMatchObject({ followers: 2, followerLag: 3 })
    await fast?.next()
    expect(store.stats().followerLag).toBe(3)
    await slow?.return()
    expect(store.stats()).toMatchObject({ followers: 1, followerLag: 0 })
  })
})

test('a follower that retention has overtaken learns that its events are incomplete', async () => {
  const event = { type: 'redacted', seq: 9, from: 8, epoch: 0, at: 0 } as const
  const followers = new Followers({
    read: async () => ({
      events: [event],
      cursor: { journal: 'j', seq: 9, tag: '' },
      complete: true,
      newest: 9,
    }),
    watch: () => ({ [Symbol.dispose]: () => undefined }),
    ended: forever(),
  })
  const overtaken = followers.follow('s', 4, { signal: forever() })
  expect((await overtaken.next()).value).toMatchObject({
    isBehind: true,
    complete: false,
    events: [event],
  })
  const abreast = followers.follow('s', 7, { signal: forever() })
  const { value } = await abreast.next()
  expect(value).toMatchObject({ complete: true, events: [event] })
  expect(value && 'isBehind' in value).toBe(false)
})

test('a follower is behind for events that it leaves unread, not for many at once', async () => {
  const head = { seq: 0 }
  const ended = new AbortController()
  const followers = new Followers({
    // Batches of one event.
    read: async (_, after) => ({
      events:
        after < head.seq
          ? [{ type: 'redacted', seq: after + 1, from: after + 1, epoch: 0, at: 0 }]
          : [],
      cursor: { journal: 'j', seq: Math.min(after + 1, head.seq), tag: '' },
      complete: after + 1 >= head.seq,
      newest: head.seq,
    }),
    watch: () => ({ [Symbol.dispose]: () => undefined }),
    ended: ended.signal,
  })
  const grow = (seq: number) => {
    head.seq = seq
    followers.changed('s')
  }
  const following = followers.follow('s', 0, { signal: forever() })
  const isBehind = async () => (await following.next()).value?.isBehind === true
  const first = isBehind()
  await settle()
  grow(3)
  expect([await first, await isBehind()]).toEqual([false, false])
  grow(5)
  expect([await isBehind(), await isBehind(), await isBehind()]).toEqual([true, true, false])
})

describe.each(engines)('the session list on %s', (engine) => {
  /** A store that records who reads the list, with one follower of each name. */
  async function openLists(names: readonly string[], prepare?: (store: Store) => Promise<unknown>) {
    const reads: string[] = []
    const storage = testEngine(engine)
    if (prepare) await prepare((await openTestStore({ storage })).store)
    const { store } = await openTestStore({
      storage: withCalls(storage, (real) => ({
        activity: (principal, query) => {
          if (query.by === 'change') reads.push(principal)
          return real.activity(principal, query)
        },
      })),
    })
    for (const name of names) {
      const feed = store.activity.follow(name, undefined, { signal: forever() })
      void (async () => {
        for await (const _ of feed) continue
      })()
    }
    await settle()
    reads.length = 0
    return { store, reads }
  }

  test('is read again only by the members of a changed session', async () => {
    const { store, reads } = await openLists(['a', 'b', 'c'])
    const { id } = await store.sessions.create({ owner: 'a', members: ['b'] })
    await settle()
    expect(new Set(reads)).toEqual(new Set(['a', 'b']))
    reads.length = 0
    await fill(store, id, ['u1'])
    await store.sessions.update(id, { title: 'x' })
    await settle()
    expect(new Set(reads)).toEqual(new Set(['a', 'b']))
    reads.length = 0
    await store.activity.markRead(id, 'a', 1)
    await settle()
    expect(new Set(reads)).toEqual(new Set(['a']))
    reads.length = 0
    await store.sessions.delete(id)
    await settle()
    expect(new Set(reads)).toEqual(new Set(['a', 'b']))
  })

  test('finds the members of existing sessions and of new ones', async () => {
    let id = ''
    const { store, reads } = await openLists(['a', 'c'], async (earlier) => {
      ;({ id } = await earlier.sessions.create({ owner: 'a', members: ['b'] }))
    })
    await fill(store, id, ['u1'])
    await settle()
    expect(new Set(reads)).toEqual(new Set(['a']))
    const feed = store.activity.follow('b', undefined, { signal: forever() })
    await feed.next()
    const change = feed.next()
    await fill(store, id, ['u2'])
    expect((await change).value).toMatchObject({ rows: [{ messageCount: 2 }] })
    expect(reads).not.toContain('c')
  })
})
