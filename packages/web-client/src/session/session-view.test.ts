import type { ChatFrame, Page } from '@caughtup/schema'
import { ORPCError } from '@orpc/server'
import { describe, expect, test, vi } from 'vitest'

import { activityRow } from '../../tests/support/activity-row.ts'
import { aborted, rest, type Script, setUp, until } from '../../tests/support/harness.ts'
import { inTurn, type OnChat, serving, shows, status } from '../../tests/support/play.ts'
import { Recording, type SentFrame } from '../../tests/support/recording.ts'
import type { SessionView } from './session-view.ts'

/** seq 1 run · 2 question · 3 answer · 4–6 text · 7 finished · 8 run ended */
function answered(): Recording {
  const recording = new Recording()
  recording.start('run')
  recording.message('question', 'user', 'Hi')
  recording.message('answer', 'assistant')
  recording.open('answer')
  recording.text('answer', 'Hel')
  recording.text('answer', 'lo')
  recording.finish('answer')
  recording.end('run')
  return recording
}

function failing(code: string, status: number, data?: object): OnChat {
  // oxlint-disable-next-line require-yield
  return async function* () {
    throw new ORPCError(code, { status, data })
  }
}

const end = (reason: 'session-deleted' | 'shutting-down'): SentFrame => ({
  frame: { type: 'end', reason },
})

describe('following', () => {
  test('a session is shown once it is caught up', async () => {
    const recording = answered()
    const { client, clock, server } = setUp({ onChat: serving(...recording.full()) })
    const session = client.session('s')
    expect(session.getSnapshot()).toMatchObject({ connection: { status: 'idle' }, stale: true })
    session.subscribe(() => {})
    expect(status(session)).toBe('connecting')
    await shows(clock, () => status(session) === 'live')
    expect(session.getSnapshot()).toMatchObject({
      connection: { attempts: 0, lastReplay: { mode: 'full', cursor: recording.cursor() } },
      stale: false,
      messages: recording.viewAt().messages,
    })
    expect(server.requests).toMatchObject([{ mode: { type: 'full' } }])
  })

  test('frames that arrive within an animation frame make one notification', async () => {
    const recording = answered()
    const { client, clock } = setUp({
      onChat: serving(
        ...recording.full(3),
        recording.batch(3, 4),
        recording.batch(4, 5),
        recording.batch(5, 6),
        recording.batch(6, 7),
        recording.batch(7, 8),
      ),
    })
    const session = client.session('s')
    const listener = vi.fn()
    session.subscribe(listener)
    await until(() => session.stats().framesReceived === 8)
    expect(listener).not.toHaveBeenCalled()
    await clock.advance(16)
    expect(listener).toHaveBeenCalledTimes(1)
    expect(session.getSnapshot().messages).toEqual(recording.viewAt().messages)
    expect(session.stats()).toMatchObject({ eventsReceived: 5, notifications: 1, connects: 1 })
    expect(client.stats()).toMatchObject({ eventsReceived: 5, notifications: 1, connects: 1 })
    expect(session.stats().bytesReceived).toBeGreaterThan(100)
  })

  test('the snapshot and its unchanged parts keep their identity', async () => {
    const recording = answered()
    const heartbeat: SentFrame = { frame: { type: 'heartbeat', at: 1 } }
    const nothingNew = Promise.withResolvers<void>()
    const gate = Promise.withResolvers<void>()
    const { client, clock } = setUp({
      async *onChat(_input, signal) {
        yield* recording.full(4)
        await nothingNew.promise
        yield heartbeat
        yield recording.batch(3, 4)
        await gate.promise
        yield recording.batch(4, 5)
        await aborted(signal)
      },
    })
    const session = client.session('s')
    const listener = vi.fn()
    session.subscribe(listener)
    await shows(clock, () => status(session) === 'live')
    const before = session.getSnapshot()
    const told = listener.mock.calls.length
    nothingNew.resolve()
    await until(() => session.stats().framesReceived === 5)
    await clock.advance(1_000)
    expect(session.getSnapshot()).toBe(before)
    expect(listener).toHaveBeenCalledTimes(told)
    gate.resolve()
    await shows(clock, () => session.getSnapshot() !== before)
    const after = session.getSnapshot()
    expect(after.messages[0]).toBe(before.messages[0])
    expect(after.messages[1]).not.toBe(before.messages[1])
    expect(after.connection).toBe(before.connection)
    expect(after.queue).toBe(before.queue)
  })

  test('run, queue and lifecycle come with caught-up, before any token', async () => {
    const recording = new Recording()
    recording.start('run')
    const { client, clock } = setUp({ onChat: serving(...recording.full()) })
    const session = client.session('s')
    session.subscribe(() => {})
    await shows(clock, () => status(session) === 'live')
    expect(session.getSnapshot()).toMatchObject({
      run: { id: 'run' },
      streaming: true,
      canInterrupt: true,
    })
  })

  test('the error of a run without a message is shown, fresh and live, until the next run', async () => {
    const recording = new Recording()
    const error = { code: 'UNAVAILABLE', message: 'The model is overloaded.' }
    recording.start('compaction')
    recording.end('compaction', error)
    recording.start('next')
    recording.end('next', error)
    const [begun, failed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const { client, clock } = setUp({
      async *onChat(_, signal) {
        yield* recording.full(2)
        await begun.promise
        yield recording.batch(2, 3)
        await failed.promise
        yield recording.batch(3, 4)
        await aborted(signal)
      },
    })
    const session = client.session('s')
    session.subscribe(() => {})
    await shows(clock, () => status(session) === 'live')
    expect(session.getSnapshot().lastError).toEqual(error)
    begun.resolve()
    await shows(clock, () => session.getSnapshot().run?.id === 'next')
    expect(session.getSnapshot()).not.toHaveProperty('lastError')
    failed.resolve()
    await shows(clock, () => session.getSnapshot().run === undefined)
    expect(session.getSnapshot().lastError).toEqual(error)
  })

  test('the model and the thinking level are kept after a boundary, fresh and live', async () => {
    const recording = new Recording()
    recording.start('run', { model: 'large', thinkingLevel: 'high' })
    recording.end('run')
    recording.boundary('summary')
    for (const seq of [0, 2, 3]) {
      const { client, clock } = setUp({
        onChat: serving(...recording.full(seq), recording.batch(seq)),
      })
      const session = client.session('s')
      session.subscribe(() => {})
      await shows(clock, () => session.getSnapshot().epoch === 1)
      expect(session.getSnapshot()).toMatchObject({ model: 'large', thinkingLevel: 'high' })
    }
  })

  test('all subscribers share one stream, which the last one closes', async () => {
    const { client, clock, server } = setUp({ onChat: serving(...answered().full()) })
    const session = client.session('s')
    expect(client.session('s')).toBe(session)
    const leave = [1, 2, 3].map(() => session.subscribe(() => {}))
    await shows(clock, () => status(session) === 'live')
    expect(server.requests).toHaveLength(1)
    leave[0]!()
    leave[0]!()
    leave[1]!()
    await rest()
    expect(server.open).toBe(1)
    leave[2]!()
    expect(status(session)).toBe('idle')
    await until(() => server.open === 0)
  })

  test('an unsubscribe with a subscribe right after it costs no request', async () => {
    const { client, clock, server } = setUp({ onChat: serving(...answered().full()) })
    const session = client.session('s')
    session.subscribe(() => {})()
    session.subscribe(() => {})
    await shows(clock, () => status(session) === 'live')
    expect(server.requests).toHaveLength(1)
  })

  test('a rapid switch A, B, A leaves one stream, and A resumes where it was', async () => {
    const recording = answered()
    const { client, clock, server } = setUp({
      onChat: (input, signal) =>
        input.mode.type === 'full'
          ? serving(...recording.full())(input, signal)
          : serving(...recording.since(8))(input, signal),
    })
    const [a, b] = [client.session('a'), client.session('b')]
    let leave = a.subscribe(() => {})
    await shows(clock, () => status(a) === 'live')
    const messages = a.getSnapshot().messages
    for (const session of [b, a, b, a]) {
      leave()
      leave = session.subscribe(() => {})
    }
    expect(a.getSnapshot().messages).toBe(messages)
    await shows(clock, () => status(a) === 'live')
    expect(server.open).toBe(1)
    expect(status(b)).toBe('idle')
    expect(server.requests.at(-1)).toMatchObject({
      sessionId: 'a',
      mode: { type: 'since', cursor: recording.cursor() },
    })
  })

  test('a pause closes the stream, and a resume continues after the cursor', async () => {
    const recording = answered()
    const { client, clock, server } = setUp({
      onChat: inTurn(serving(...recording.full(5)), serving(...recording.since(5))),
    })
    const session = client.session('s')
    session.subscribe(() => {})
    await shows(clock, () => status(session) === 'live')
    session.pause()
    expect(session.getSnapshot()).toMatchObject({ connection: { status: 'idle' }, stale: true })
    await until(() => server.open === 0)
    await clock.advance(60_000)
    expect(server.requests).toHaveLength(1)
    session.resume()
    await shows(clock, () => status(session) === 'live')
    expect(session.getSnapshot().messages).toEqual(recording.viewAt().messages)
    expect(server.requests[1]).toMatchObject({ mode: { cursor: recording.cursor(5) } })
  })

  test('views without subscribers are kept up to a bound; the one left longest ago goes first', async () => {
    const recording = answered()
    const { client, clock } = setUp({ onChat: serving(...recording.full()) }, { idleViews: 2 })
    const sessions = ['a', 'b', 'c'].map((id) => client.session(id))
    for (const session of sessions) {
      const leave = session.subscribe(() => {})
      await shows(clock, () => status(session) === 'live')
      leave()
    }
    expect(sessions.map((session) => session.getSnapshot().messages.length)).toEqual([0, 2, 2])
    expect(client.session('a')).toBe(sessions[0])
  })
})

describe('reconnecting', () => {
  test('resumes strictly after the cursor, without losing or doubling anything', async () => {
    const recording = answered()
    const { client, clock, server } = setUp({
      onChat: inTurn(
        async function* () {
          yield* recording.full(3)
          yield recording.batch(3, 5)
        },
        serving(...recording.since(5)),
      ),
    })
    const session = client.session('s')
    session.subscribe(() => {})
    await shows(clock, () => status(session) === 'waiting')
    expect(session.getSnapshot()).toMatchObject({
      stale: true,
      connection: { error: { code: 'NETWORK' }, retryAt: expect.any(Number) },
    })
    expect(session.getSnapshot().messages).toEqual(recording.viewAt(5).messages)
    await clock.advance(250)
    await shows(clock, () => status(session) === 'live')
    expect(session.getSnapshot().messages).toEqual(recording.viewAt().messages)
    expect(server.requests.map(({ mode }) => mode)).toEqual([
      { type: 'full' },
      { type: 'since', cursor: recording.cursor(5) },
    ])
    expect(new Set(server.requests.map(({ streamId }) => streamId)).size).toBe(1)
  })

  test('doubles its delays up to the cap, and starts over after being live', async () => {
    const recording = answered()
    let fails = true
    const { client, clock, server, cut } = setUp(
      {
        async *onChat(_input, signal) {
          if (fails) throw new ORPCError('UNAVAILABLE', { status: 503 })
          yield* recording.full()
          await aborted(signal)
        },
      },
      { random: () => 1 },
    )
    const session = client.session('s')
    session.subscribe(() => {})
    const delays: number[] = []
    for (let attempt = 1; attempt <= 8; attempt++) {
      await shows(clock, () => session.getSnapshot().connection.attempts === attempt)
      await shows(clock, () => status(session) === 'waiting')
      expect(server.requests).toHaveLength(attempt)
      const before = clock.now()
      while (server.requests.length === attempt) {
        await clock.advance(50)
        await rest()
      }
      delays.push(clock.now() - before)
    }
    for (const [i, delay] of delays.entries()) {
      expect(Math.abs(delay - Math.min(10_000, 250 * 2 ** i))).toBeLessThan(100)
    }
    fails = false
    await clock.advance(10_000)
    await shows(clock, () => status(session) === 'live')
    await clock.advance(5_000)
    cut()
    await shows(clock, () => status(session) === 'waiting')
    const { retryAt, attempts } = session.getSnapshot().connection
    expect(retryAt! - clock.now()).toBeLessThanOrEqual(250)
    expect(attempts).toBe(0)
    expect(server.mostOpen).toBe(1)
  })

  test('a stream that breaks as soon as it is live is requested more and more slowly', async () => {
    const recording = answered()
    const { client, clock, server } = setUp({
      onChat: inTurn(
        async function* () {
          yield* recording.full()
        },
        async function* () {
          yield* recording.since(8)
        },
      ),
    })
    client.session('s').subscribe(() => {})
    for (let second = 0; second < 60; second++) {
      await rest()
      await clock.advance(1_000)
    }
    expect(server.requests.length).toBeLessThan(20)
    expect(server.mostOpen).toBe(1)
  })

  test.each([
    ['UNAUTHORIZED', 401],
    ['NOT_FOUND', 404],
    ['BAD_INPUT', 400],
  ])('stops at %s, a permanent error, until told to try again', async (code, httpStatus) => {
    const recording = answered()
    const { client, clock, server, network } = setUp({
      onChat: inTurn(failing(code, httpStatus), serving(...recording.full())),
    })
    const session = client.session('s')
    session.subscribe(() => {})
    await shows(clock, () => status(session) === 'failed')
    expect(session.getSnapshot().connection).toMatchObject({ error: { code } })
    await clock.advance(3_600_000)
    network.change({ online: false })
    network.change({ online: true })
    await rest()
    expect(server.requests).toHaveLength(1)
    session.reconnect()
    await shows(clock, () => status(session) === 'live')
    expect(session.getSnapshot().connection.error).toBeUndefined()
  })

  test('waits as long as a limit demands, also when the network comes back', async () => {
    const { client, clock, server, network } = setUp({
      onChat: inTurn(
        failing('LIMIT_EXCEEDED', 429, { retryAfter: 20_000 }),
        serving(...answered().full()),
      ),
    })
    const session = client.session('s')
    session.subscribe(() => {})
    await shows(clock, () => status(session) === 'waiting')
    network.change({ online: false })
    network.change({ online: true })
    await clock.advance(19_000)
    expect(server.requests).toHaveLength(1)
    await clock.advance(1_000)
    await shows(clock, () => status(session) === 'live')
  })

  test('gives up on an unknown error after a bounded number of attempts', async () => {
    const { client, clock, server } = setUp({ onChat: failing('INTERNAL_SERVER_ERROR', 500) })
    const session = client.session('s')
    session.subscribe(() => {})
    for (let i = 0; i < 20; i++) {
      await rest()
      await clock.advance(10_000)
    }
    expect(status(session)).toBe('failed')
    expect(session.getSnapshot().connection.error?.code).toBe('INTERNAL')
    expect(server.requests).toHaveLength(10)
  })

  test('a failure before or after the first frame is an error, and the messages stay', async () => {
    const recording = answered()
    const broken: OnChat = async function* () {
      yield recording.replay('since')
      throw new Error('disk on fire')
    }
    const { client, clock, cut } = setUp({
      onChat: inTurn(
        serving(...recording.full(5)),
        failing('UNAVAILABLE', 503),
        broken,
        serving(...recording.since(5)),
      ),
    })
    const session = client.session('s')
    const codes = new Set<string>()
    session.subscribe(() => {
      const { connection, stale, messages: shown } = session.getSnapshot()
      if (!connection.error) return
      codes.add(connection.error.code)
      expect(stale).toBe(true)
      expect(shown).toBe(messages)
    })
    await shows(clock, () => status(session) === 'live')
    const { messages } = session.getSnapshot()
    cut()
    await shows(clock, () => codes.size === 3)
    expect([...codes]).toEqual(['NETWORK', 'UNAVAILABLE', 'INTERNAL'])
    await shows(clock, () => status(session) === 'live')
    expect(session.getSnapshot().messages).toEqual(recording.viewAt().messages)
  })

  test('tries at once when the network comes online or the page becomes visible', async () => {
    const { client, clock, server, network } = setUp({
      onChat: failing('UNAVAILABLE', 503),
    })
    const session = client.session('s')
    session.subscribe(() => {})
    await shows(clock, () => status(session) === 'waiting')
    network.change({ online: false, visible: false })
    network.change({ online: true })
    await until(() => server.requests.length === 2)
    await shows(clock, () => status(session) === 'waiting')
    network.change({ visible: true })
    await until(() => server.requests.length === 3)
    expect(server.mostOpen).toBe(1)
  })

  test('shows that it is offline, and retries all the same', async () => {
    const { client, clock, server, network } = setUp({
      onChat: inTurn(failing('UNAVAILABLE', 503), serving(...answered().full())),
    })
    network.online = false
    const session = client.session('s')
    session.subscribe(() => {})
    await shows(clock, () => status(session) === 'offline')
    await clock.advance(250)
    await shows(clock, () => status(session) === 'live')
    expect(server.requests).toHaveLength(2)
  })

  test('the view connects again after the server shuts down', async () => {
    const recording = answered()
    const { client, clock } = setUp({
      onChat: inTurn(
        async function* () {
          yield* recording.full()
          yield end('shutting-down')
        },
        serving(...recording.since(8)),
      ),
    })
    const session = client.session('s')
    session.subscribe(() => {})
    await shows(clock, () => status(session) === 'waiting')
    await clock.advance(250)
    await shows(clock, () => status(session) === 'live')
  })

  test('a stream that the server ended for good is not requested again', async () => {
    const recording = answered()
    const { client, clock, server } = setUp({
      async *onChat() {
        yield* recording.full()
        yield end('session-deleted')
      },
    })
    const session = client.session('s')
    session.subscribe(() => {})
    await shows(clock, () => status(session) === 'ended')
    expect(session.getSnapshot()).toMatchObject({
      connection: { endReason: 'session-deleted' },
      messages: [{ id: 'question' }, { id: 'answer' }],
    })
    await clock.advance(3_600_000)
    expect(server.requests).toHaveLength(1)
  })

  test('a gap is refilled from the last event applied', async () => {
    const recording = answered()
    const { client, clock, server } = setUp({
      onChat: inTurn(
        serving(...recording.full(3), recording.batch(4, 5)),
        serving(...recording.since(3)),
      ),
    })
    const session = client.session('s')
    session.subscribe(() => {})
    await until(() => server.requests.length === 1)
    await rest()
    await clock.advance(250)
    await shows(clock, () => status(session) === 'live')
    expect(session.getSnapshot().messages).toEqual(recording.viewAt().messages)
    expect(server.requests[1]).toMatchObject({ mode: { cursor: recording.cursor(3) } })
    expect(server.mostOpen).toBe(1)
  })

  test('a second gap at the same place leads to a full replay', async () => {
    const recording = answered()
    const holed: OnChat = serving(recording.replay('since'), recording.batch(4))
    const { client, clock, server } = setUp({
      onChat: inTurn(
        serving(...recording.full(3), recording.batch(4)),
        holed,
        serving(...recording.full()),
      ),
    })
    const session = client.session('s')
    session.subscribe(() => {})
    for (let i = 0; i < 8; i++) {
      await rest()
      await clock.advance(250)
    }
    await shows(clock, () => status(session) === 'live')
    expect(server.requests.map(({ mode }) => mode.type)).toEqual(['full', 'since', 'full'])
  })

  test('a cursor that the server cannot read leads to a full replay, once', async () => {
    const recording = answered()
    const { client, clock, server, cut } = setUp({
      onChat: inTurn(
        serving(...recording.full()),
        failing('BAD_INPUT', 400, { field: 'mode.cursor' }),
        failing('BAD_INPUT', 400),
      ),
    })
    const session = client.session('s')
    session.subscribe(() => {})
    await shows(clock, () => status(session) === 'live')
    cut()
    await shows(clock, () => status(session) === 'waiting')
    await clock.advance(1_000)
    await rest()
    await clock.advance(1_000)
    await shows(clock, () => status(session) === 'failed')
    expect(server.requests.map(({ mode }) => mode.type)).toEqual(['full', 'since', 'full'])
  })
})

describe('silence', () => {
  test('a stream that is silent for 15 s is dropped and resumed', async () => {
    const recording = answered()
    const { client, clock, server } = setUp({
      onChat: inTurn(serving(...recording.full(5)), serving(...recording.since(5))),
    })
    const session = client.session('s')
    session.subscribe(() => {})
    await shows(clock, () => status(session) === 'live')
    // The in-process server sends its keep-alive comments by the machine's clock, so none comes here.
    await clock.advance(14_000)
    expect(status(session)).toBe('live')
    await clock.advance(1_100)
    await until(() => server.open === 0)
    await clock.advance(1_000)
    await shows(clock, () => status(session) === 'live')
    expect(server.requests[1]).toMatchObject({ mode: { cursor: recording.cursor(5) } })
  })

  test('a slow replay with heartbeats is not silence', async () => {
    const recording = answered()
    const gates = Array.from({ length: 6 }, () => Promise.withResolvers<void>())
    const heartbeat: ChatFrame = { type: 'heartbeat', at: 1 }
    const { client, clock, server } = setUp({
      async *onChat(_input, signal) {
        yield recording.replay('full')
        for (const gate of gates) {
          await gate.promise
          yield { frame: heartbeat }
        }
        yield* recording.full().slice(1)
        await aborted(signal)
      },
    })
    const session = client.session('s')
    session.subscribe(() => {})
    await until(() => session.stats().framesReceived === 1)
    for (const [index, gate] of gates.entries()) {
      await clock.advance(10_000)
      gate.resolve()
      await until(() => session.stats().framesReceived >= 2 + index)
    }
    await shows(clock, () => status(session) === 'live')
    expect(server.requests).toHaveLength(1)
  })

  test('a request for a stream that is never answered is dropped too', async () => {
    let requests = 0
    const { client, clock } = setUp(
      {},
      {},
      {
        fetch: () => {
          requests += 1
          return new Promise(() => {})
        },
      },
    )
    client.session('s').subscribe(() => {})
    await until(() => requests === 1)
    await clock.advance(15_000)
    await rest()
    await clock.advance(1_000)
    await until(() => requests === 2)
  })
})

describe('older pages', () => {
  function paged(loadMore: NonNullable<Script['loadMore']>, ...scripts: OnChat[]) {
    const recording = answered()
    const live = recording.full()
    const caughtUp = live.at(-1)!
    const withOlder = { ...caughtUp, frame: { ...caughtUp.frame, hasOlder: true } as ChatFrame }
    const replay = [...live.slice(0, -1), withOlder]
    return {
      recording,
      replay,
      ...setUp({ loadMore, onChat: inTurn(serving(...replay), ...scripts) }),
    }
  }

  function page(...orders: number[]): Page {
    const messages = orders.map((order) => ({
      ...answered().viewAt().messages[0]!,
      id: `old-${order}`,
      order,
    }))
    return { messages, nextCursor: null, hasOlder: false, epoch: 0, asOf: 8 }
  }

  const idsOf = (session: SessionView) => session.getSnapshot().messages.map(({ id }) => id)

  test('are requested one at a time, before the oldest message of the view', async () => {
    const answer = Promise.withResolvers<Page>()
    const loadMore = vi.fn(() => answer.promise)
    const { client, clock } = paged(loadMore)
    const session = client.session('s')
    session.subscribe(() => {})
    await shows(clock, () => session.getSnapshot().hasOlder)
    const first = session.loadOlder()
    const second = session.loadOlder()
    expect(session.getSnapshot().loadingOlder).toBe(true)
    await until(() => loadMore.mock.calls.length > 0)
    answer.resolve(page(0))
    await Promise.all([first, second])
    expect(loadMore.mock.calls).toEqual([[{ sessionId: 's', cursor: { before: 1 } }]])
    expect(idsOf(session)).toEqual(['old-0', 'question', 'answer'])
    expect(session.getSnapshot()).toMatchObject({ loadingOlder: false, hasOlder: false })
    await session.loadOlder()
    expect(loadMore).toHaveBeenCalledTimes(1)
  })

  test('an error is shown, and the next call requests the same page', async () => {
    const loadMore = vi
      .fn<NonNullable<Script['loadMore']>>()
      .mockRejectedValueOnce(new ORPCError('UNAVAILABLE', { status: 503, message: 'busy' }))
      .mockResolvedValueOnce(page(0))
    const { client, clock } = paged(loadMore)
    const session = client.session('s')
    session.subscribe(() => {})
    await shows(clock, () => session.getSnapshot().hasOlder)
    await session.loadOlder()
    expect(session.getSnapshot()).toMatchObject({
      loadingOlder: false,
      hasOlder: true,
      olderError: { code: 'UNAVAILABLE', message: 'busy' },
    })
    await session.loadOlder()
    expect(session.getSnapshot().olderError).toBeUndefined()
    expect(idsOf(session)).toEqual(['old-0', 'question', 'answer'])
    expect(loadMore.mock.calls[0]).toEqual(loadMore.mock.calls[1])
  })

  test('an answer that comes after a full replay is dropped', async () => {
    const answer = Promise.withResolvers<Page>()
    const { client, clock, recording, cut } = paged(
      () => answer.promise,
      (input, signal) => serving(...recording.full())(input, signal),
    )
    const session = client.session('s')
    session.subscribe(() => {})
    await shows(clock, () => session.getSnapshot().hasOlder)
    const loading = session.loadOlder()
    cut()
    await shows(clock, () => status(session) === 'waiting')
    await clock.advance(1_000)
    await shows(clock, () => status(session) === 'live')
    expect(session.getSnapshot().loadingOlder).toBe(false)
    answer.resolve(page(0))
    await loading
    expect(idsOf(session)).toEqual(['question', 'answer'])
  })

  test('an answer that comes after the view was left is dropped', async () => {
    const answer = Promise.withResolvers<Page>()
    const { client, clock } = paged(() => answer.promise)
    const session = client.session('s')
    const leave = session.subscribe(() => {})
    await shows(clock, () => session.getSnapshot().hasOlder)
    const loading = session.loadOlder()
    await rest()
    leave()
    answer.resolve(page(0))
    await loading
    expect(idsOf(session)).toEqual(['question', 'answer'])
  })
})

describe('sending', () => {
  test('a prompt is shown at once, until it is seen in the session', async () => {
    const recording = new Recording()
    const seen = Promise.withResolvers<void>()
    const { client, clock } = setUp({
      async *onChat(_input, signal) {
        yield* recording.full(0)
        await seen.promise
        yield recording.batch(0)
        await aborted(signal)
      },
      send: ({ messageId }) =>
        Promise.resolve({ messageId: messageId!, runId: 'r', queued: false }),
    })
    const session = client.session('s')
    session.subscribe(() => {})
    await shows(clock, () => status(session) === 'live')
    const sending = session.send('Hi')
    const { pending } = session.getSnapshot()
    expect(pending).toMatchObject([{ parts: [{ type: 'text', text: 'Hi' }] }])
    const { messageId } = await sending
    expect(messageId).toBe(pending[0]!.messageId)
    expect(session.getSnapshot().pending).toHaveLength(1)
    recording.message(messageId, 'user', 'Hi')
    seen.resolve()
    await shows(clock, () => session.getSnapshot().messages.length === 1)
    expect(session.getSnapshot().pending).toEqual([])
  })

  test('a prompt that is in the session already is not pending', async () => {
    const recording = new Recording()
    recording.message('m1', 'user', 'Hi')
    const { client, clock } = setUp({
      async *onChat(_input, signal) {
        yield* recording.full()
        await aborted(signal)
      },
      send: ({ messageId }) =>
        Promise.resolve({ messageId: messageId!, runId: 'r', queued: false }),
    })
    const session = client.session('s')
    session.subscribe(() => {})
    await shows(clock, () => status(session) === 'live')
    await session.send({ text: 'Hi', messageId: 'm1' })
    expect(session.getSnapshot().pending).toEqual([])
  })

  test('lost connections and busy servers are retried under the same id', async () => {
    const send = vi
      .fn<NonNullable<Script['send']>>()
      .mockRejectedValueOnce(new ORPCError('UNAVAILABLE', { status: 503 }))
      .mockRejectedValueOnce(new Error('who knows whether it was kept'))
      .mockImplementation(({ messageId }) =>
        Promise.resolve({ messageId: messageId!, runId: 'r', queued: false }),
      )
    const { client, clock } = setUp({ send })
    const sending = client.session('s').send({ text: 'Hi', model: 'm', thinkingLevel: 'high' })
    for (let i = 0; i < 3; i++) {
      await rest()
      await clock.advance(10_000)
    }
    await expect(sending).resolves.toMatchObject({ runId: 'r' })
    expect(send).toHaveBeenCalledTimes(3)
    expect(new Set(send.mock.calls.map(([input]) => input.messageId)).size).toBe(1)
  })

  test('a permanent failure rejects and stays in pending, to be retried or dismissed', async () => {
    const send = vi
      .fn<NonNullable<Script['send']>>()
      .mockRejectedValueOnce(new ORPCError('TOO_LARGE', { status: 413, data: { limit: 5 } }))
      .mockRejectedValueOnce(new ORPCError('TOO_LARGE', { status: 413 }))
    const { client } = setUp({ send })
    const session = client.session('s')
    await expect(session.send({ text: 'too long', messageId: 'm' })).rejects.toMatchObject({
      name: 'ChatClientError',
      code: 'TOO_LARGE',
      data: { limit: 5 },
    })
    expect(session.getSnapshot().pending).toMatchObject([
      { messageId: 'm', error: { code: 'TOO_LARGE' } },
    ])
    const again = session.retryPending('m')
    expect(session.getSnapshot().pending[0]!.error).toBeUndefined()
    session.dismissPending('m')
    expect(session.getSnapshot().pending).toHaveLength(1)
    await expect(again).rejects.toMatchObject({ code: 'TOO_LARGE' })
    session.dismissPending('m')
    expect(session.getSnapshot().pending).toEqual([])
    expect(send.mock.calls.map(([input]) => input.messageId)).toEqual(['m', 'm'])
  })

  test('gives up after a bounded number of attempts', async () => {
    const send = vi.fn<NonNullable<Script['send']>>(() =>
      Promise.reject(new ORPCError('UNAVAILABLE', { status: 503 })),
    )
    const { client, clock } = setUp({ send })
    const sending = client.session('s').send('Hi')
    const failed = sending.catch((error: unknown) => error)
    for (let i = 0; i < 20; i++) {
      await rest()
      await clock.advance(10_000)
    }
    expect(await failed).toMatchObject({ code: 'UNAVAILABLE' })
    expect(send).toHaveBeenCalledTimes(8)
  })

  test('prompts arrive in the order in which they were sent, though the first is retried', async () => {
    const arrived: string[] = []
    let first = true
    const { client, clock } = setUp({
      async send(input) {
        if (first) {
          first = false
          throw new ORPCError('UNAVAILABLE', { status: 503 })
        }
        arrived.push(input.messageId!)
        return { messageId: input.messageId!, runId: 'r', queued: false }
      },
    })
    const session = client.session('s')
    const sent = ['1', '2'].map((messageId) => session.send({ text: 'Hi', messageId }))
    await rest()
    await clock.advance(1_000)
    await Promise.all(sent)
    expect(arrived).toEqual(['1', '2'])
  })
})

test('the read mark only moves forward, and a call that does not move it sends no request', async () => {
  const markRead = vi.fn<NonNullable<Script['markRead']>>(({ upTo }) => Promise.resolve({ upTo }))
  const { client, clock } = setUp({ markRead, onChat: serving(...answered().full()) })
  const session = client.session('s')
  await session.markRead()
  session.subscribe(() => {})
  await shows(clock, () => status(session) === 'live')
  await session.markRead()
  await session.markRead()
  await session.markRead(1)
  expect(markRead.mock.calls).toEqual([[{ sessionId: 's', upTo: 2 }]])
})

test('interrupt sends the id of the run that is shown', async () => {
  const recording = answered()
  const interrupt = vi.fn<NonNullable<Script['interrupt']>>(() =>
    Promise.resolve({ interrupted: true }),
  )
  const { client, clock } = setUp({ interrupt, onChat: serving(...recording.full(5)) })
  const session = client.session('s')
  await session.interrupt()
  session.subscribe(() => {})
  await shows(clock, () => status(session) === 'live')
  await session.interrupt()
  expect(interrupt.mock.calls).toEqual([[{ sessionId: 's' }], [{ sessionId: 's', runId: 'run' }]])
})

describe('an interruption', () => {
  type Sent = { messageId: string; runId: string; queued: boolean }

  /** A server whose prompts the test answers. */
  function held(onChat: OnChat = serving()) {
    const sent: PromiseWithResolvers<Sent>[] = []
    const interrupt = vi.fn<NonNullable<Script['interrupt']>>(() =>
      Promise.resolve({ interrupted: true }),
    )
    const send = () => {
      const answer = Promise.withResolvers<Sent>()
      sent.push(answer)
      return answer.promise
    }
    const { client, clock } = setUp({ onChat, interrupt, send })
    return { session: client.session('s'), clock, interrupt, sent }
  }

  test('right after a prompt ends the run of the prompt', async () => {
    const { session, interrupt, sent } = held()
    const sending = session.send('Hi')
    const interrupting = session.interrupt()
    await until(() => sent.length === 1)
    await rest()
    expect(interrupt).not.toHaveBeenCalled()
    sent[0]?.resolve({ messageId: 'm', runId: 'started', queued: false })
    await sending
    expect(await interrupting).toEqual({ interrupted: true })
    expect(interrupt.mock.calls).toEqual([[{ sessionId: 's', runId: 'started' }]])
  })

  test('right after a prompt that is queued ends the active run', async () => {
    const { session, interrupt, sent } = held()
    void session.send('Hi')
    const interrupting = session.interrupt()
    await until(() => sent.length === 1)
    sent[0]?.resolve({ messageId: 'm', runId: 'waits', queued: true })
    await interrupting
    expect(interrupt.mock.calls).toEqual([[{ sessionId: 's' }]])
  })

  test('right after a prompt that fails is sent all the same', async () => {
    const { session, interrupt, sent } = held()
    const sending = session.send('Hi')
    const interrupting = session.interrupt()
    await until(() => sent.length === 1)
    sent[0]?.reject(new ORPCError('BAD_INPUT'))
    await expect(sending).rejects.toMatchObject({ code: 'BAD_INPUT' })
    await interrupting
    expect(interrupt.mock.calls).toEqual([[{ sessionId: 's' }]])
  })

  test('of a run that is over but still shown ends the run of the prompt before it', async () => {
    const recording = answered()
    const { session, clock, interrupt, sent } = held(serving(...recording.full(5)))
    interrupt.mockImplementation(({ runId }) =>
      Promise.resolve({ interrupted: runId === 'started' }),
    )
    session.subscribe(() => {})
    await shows(clock, () => status(session) === 'live')
    expect(await session.interrupt()).toEqual({ interrupted: false })
    void session.send('Hi')
    const interrupting = session.interrupt()
    await until(() => sent.length === 1)
    sent[0]?.resolve({ messageId: 'm', runId: 'started', queued: false })
    expect(await interrupting).toEqual({ interrupted: true })
  })

  test('of the run that is shown waits for no prompt, and the next prompt waits for it', async () => {
    const recording = answered()
    const { session, clock, interrupt, sent } = held(serving(...recording.full(5)))
    session.subscribe(() => {})
    await shows(clock, () => status(session) === 'live')
    void session.send('On its way')
    await session.interrupt()
    expect(interrupt.mock.calls).toEqual([[{ sessionId: 's', runId: 'run' }]])
    await until(() => sent.length === 1)
    sent[0]?.resolve({ messageId: 'm', runId: 'r', queued: true })
    await rest()
  })
})

describe('before it is caught up', () => {
  const row = (fields: object) => activityRow('s', 5, { headSeq: 20, lastModel: 'big', ...fields })

  function withActivity(rows: ReturnType<typeof row>[], onChat: OnChat) {
    return setUp({
      onChat,
      async *activity(_since, signal) {
        yield { frame: { type: 'activities', rows, complete: true } }
        yield { frame: { type: 'caught-up', cursor: 'f.1.x' }, eventId: 'f.1.x' }
        await aborted(signal)
      },
    })
  }

  test('a session that streams in the background shows that from the activity feed', async () => {
    const lastError = { code: 'AGENT_FAILED', message: 'It failed.' }
    const { client, clock } = withActivity(
      [row({ streaming: true, lastThinkingLevel: 'high', lastError })],
      serving(),
    )
    client.activity.subscribe(() => {})
    await shows(clock, () => client.activity.getSnapshot().rows.length === 1)
    const session = client.session('s')
    session.subscribe(() => {})
    expect(session.getSnapshot()).toMatchObject({
      streaming: true,
      canInterrupt: true,
      model: 'big',
      thinkingLevel: 'high',
      lastError,
      stale: true,
    })
  })

  test('a switch back to an idle session shows nothing stale', async () => {
    const recording = answered()
    const { client, clock } = withActivity(
      [row({ headSeq: 8 })],
      inTurn(serving(...recording.full()), serving()),
    )
    client.activity.subscribe(() => {})
    const session = client.session('s')
    const leave = session.subscribe(() => {})
    await shows(clock, () => status(session) === 'live' && !client.activity.getSnapshot().stale)
    leave()
    session.subscribe(() => {})
    expect(session.getSnapshot()).toMatchObject({
      stale: false,
      connection: { status: 'connecting' },
    })
  })

  test('a switch back to a session that changed shows it as stale', async () => {
    const recording = answered()
    const { client, clock } = withActivity(
      [row({ headSeq: 9 })],
      inTurn(serving(...recording.full()), serving()),
    )
    client.activity.subscribe(() => {})
    const session = client.session('s')
    const leave = session.subscribe(() => {})
    await shows(clock, () => status(session) === 'live' && !client.activity.getSnapshot().stale)
    leave()
    session.subscribe(() => {})
    expect(session.getSnapshot()).toMatchObject({ stale: true })
  })

  test('a row that is older than the view does not overrule it', async () => {
    const recording = answered()
    const { client, clock } = withActivity(
      [row({ headSeq: 2, streaming: true })],
      inTurn(serving(...recording.full()), serving()),
    )
    client.activity.subscribe(() => {})
    const session = client.session('s')
    const leave = session.subscribe(() => {})
    await shows(clock, () => status(session) === 'live' && !client.activity.getSnapshot().stale)
    leave()
    expect(session.getSnapshot().streaming).toBe(false)
  })
})

test('a closed client ends its streams and opens no more', async () => {
  const { client, clock, server } = setUp({ onChat: serving(...answered().full()) })
  const session = client.session('s')
  session.subscribe(() => {})
  await shows(clock, () => status(session) === 'live')
  client.close()
  await until(() => server.open === 0)
  expect(status(session)).toBe('idle')
  expect(session.getSnapshot().messages).toHaveLength(2)
  client.session('t').subscribe(() => {})
  session.reconnect()
  await rest()
  await clock.advance(60_000)
  expect(server.requests).toHaveLength(1)
})
