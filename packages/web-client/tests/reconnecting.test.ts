import type { ChatFrame } from '@caughtup/schema'
import { ManualClock } from '@caughtup/schema/testing'
import { ORPCError } from '@orpc/server'
import { describe, expect, test } from 'vitest'

import { aborted, rest, setUp, until } from './support/harness.ts'
import { failing, inTurn, type OnChat, serving, shows, status } from './support/play.ts'
import { answered, end } from './support/recording.ts'

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
    ['UNAUTHORIZED', 401, 'sign-in'],
    ['NOT_FOUND', 404, 'leave'],
    ['BAD_INPUT', 400, 'change-request'],
    ['PROTOCOL_MISMATCH', 400, 'reload-page'],
  ])('stops at %s, a permanent error, until reconnect()', async (code, httpStatus, remedy) => {
    const recording = answered()
    const { client, clock, server, network } = setUp({
      onChat: inTurn(failing(code, httpStatus), serving(...recording.full())),
    })
    const session = client.session('s')
    session.subscribe(() => {})
    await shows(clock, () => status(session) === 'failed')
    expect(session.getSnapshot().connection).toMatchObject({ error: { code }, remedy })
    await clock.advance(3_600_000)
    network.change({ online: false })
    network.change({ online: true })
    await rest()
    expect(server.requests).toHaveLength(1)
    session.reconnect()
    await shows(clock, () => status(session) === 'live')
    expect(session.getSnapshot().connection).not.toHaveProperty('error')
    expect(session.getSnapshot().connection).not.toHaveProperty('remedy')
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
    expect(session.getSnapshot().connection).toMatchObject({
      error: { code: 'INTERNAL' },
      remedy: 'try-again',
    })
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

  test('shows at once that the network goes or comes back while it waits, and when it tries next', async () => {
    const { client, clock, server, network } = setUp({
      onChat: inTurn(
        failing('LIMIT_EXCEEDED', 429, { retryAfter: 20_000 }),
        serving(...answered().full()),
      ),
    })
    const session = client.session('s')
    session.subscribe(() => {})
    await shows(clock, () => status(session) === 'waiting')
    const { connection } = session.getSnapshot()
    const { retryAt = 0 } = connection
    network.change({ online: false })
    await shows(clock, () => status(session) === 'offline')
    expect(session.getSnapshot().connection).toMatchObject({ attempts: 1, error: connection.error })
    network.change({ online: true })
    await shows(clock, () => status(session) === 'waiting')
    expect(session.getSnapshot().connection).toEqual(connection)
    expect(server.requests).toHaveLength(1)
    await clock.advance(retryAt - clock.now() - 1)
    expect(server.requests).toHaveLength(1)
    await clock.advance(1)
    await until(() => server.requests.length === 2)
    network.change({ online: false })
    await shows(clock, () => status(session) === 'live')
  })

  test('says whether the server has not answered, is sending what came before, or is followed live', async () => {
    const recording = answered()
    const [first, ...others] = recording.full()
    const gates = Array.from({ length: 4 }, () => Promise.withResolvers<void>())
    const { client, clock } = setUp({
      async *onChat(_input, signal) {
        await gates[0]!.promise
        yield first!
        await gates[1]!.promise
        yield* others
        // As when the stream has fallen too far behind.
        await gates[2]!.promise
        yield recording.replay('full')
        await gates[3]!.promise
        yield* others
        await aborted(signal)
      },
    })
    const session = client.session('s')
    session.subscribe(() => {})
    for (const [index, shown] of ['connecting', 'replaying', 'live', 'replaying'].entries()) {
      await shows(clock, () => status(session) === shown)
      await rest()
      await clock.advance(16)
      expect(session.getSnapshot()).toMatchObject({
        connection: { status: shown, attempts: index < 2 ? 1 : 0 },
        stale: shown !== 'live',
      })
      gates[index]!.resolve()
    }
    await shows(clock, () => status(session) === 'live')
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

  test.each([
    ['session-deleted', 'leave'],
    ['forbidden', 'leave'],
    ['replaced', 'try-again'],
  ] as const)('a stream that ended as %s is not requested again', async (endReason, remedy) => {
    const recording = answered()
    const { client, clock, server } = setUp({
      async *onChat() {
        yield* recording.full()
        yield end(endReason)
      },
    })
    const session = client.session('s')
    session.subscribe(() => {})
    await shows(clock, () => status(session) === 'ended')
    expect(session.getSnapshot()).toMatchObject({
      connection: { endReason, remedy },
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

test('a replay of another version of the protocol fails the view, which keeps what it shows', async () => {
  const recording = answered()
  const { frame } = recording.replay('since')
  const newer = { frame: { ...frame, protocol: 2 } as ChatFrame }
  const { client, clock, server, cut } = setUp({
    onChat: inTurn(serving(...recording.full()), serving(newer, recording.caughtUp('since'))),
  })
  const session = client.session('s')
  session.subscribe(() => {})
  await shows(clock, () => status(session) === 'live')
  const { messages } = session.getSnapshot()
  cut()
  await shows(clock, () => status(session) === 'waiting')
  await clock.advance(1_000)
  await shows(clock, () => status(session) === 'failed')
  expect(session.getSnapshot()).toMatchObject({
    stale: true,
    connection: {
      error: {
        code: 'PROTOCOL_MISMATCH',
        message: expect.stringContaining('the server version 2: reload the page'),
        data: { value: '1', limit: 2 },
      },
    },
  })
  expect(session.getSnapshot().messages).toBe(messages)
  await clock.advance(100_000)
  await rest()
  expect(server.requests).toHaveLength(2)
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

  test('a client that was suspended keeps a stream that is still there', async () => {
    /** The machine's time goes on while it sleeps, and no timer fires. */
    class SleepingClock extends ManualClock {
      slept = 0
      override monotonic = () => super.monotonic() + this.slept
    }
    const clock = new SleepingClock()
    const awake = Promise.withResolvers<void>()
    const { client, server } = setUp(
      {
        async *onChat(_input, signal) {
          yield* answered().full()
          await awake.promise
          yield { frame: { type: 'heartbeat', at: 1 } }
          await aborted(signal)
        },
      },
      { clock },
    )
    const session = client.session('s')
    session.subscribe(() => {})
    await shows(clock, () => status(session) === 'live')
    clock.slept += 3_600_000
    // The timer that was due during the sleep, before what came meanwhile is read.
    await clock.advance(15_000)
    expect(status(session)).toBe('live')
    awake.resolve()
    await until(() => session.stats().framesReceived === 4)
    await clock.advance(14_000)
    expect(status(session)).toBe('live')
    expect(server.requests).toHaveLength(1)
    // The connection dies later.
    await clock.advance(2_000)
    await until(() => server.requests.length === 2)
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
