import { describe, expect, test, vi } from 'vitest'

import { activityRow } from '../../tests/support/activity-row.ts'
import { aborted, rest, type Script, setUp, until } from '../../tests/support/harness.ts'
import { inTurn, type OnChat, serving, shows, status } from '../../tests/support/play.ts'
import { answered, Recording, type SentFrame } from '../../tests/support/recording.ts'
import { activityView } from '../activity/activity-view.ts'

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

describe('with more sessions than full streams', () => {
  function open(fullStreams: number, ids: string[]) {
    const { client, clock, server } = setUp(
      { onChat: serving(...answered().full()) },
      { fullStreams },
    )
    const views = ids.map((id) => client.session(id))
    const leaves = views.map((view) => view.subscribe(() => {}))
    const are = (...expected: string[]) =>
      shows(clock, () => views.map(status).join(' ') === expected.join(' '))
    return { server, views, leaves, are }
  }

  test('those whose subscribers came first give way and say so, and go on when another leaves', async () => {
    const { server, leaves, views, are } = open(2, ['a', 'b', 'c', 'd'])
    await are('displaced', 'displaced', 'live', 'live')
    expect(views[0]?.getSnapshot()).toMatchObject({ connection: { status: 'displaced' } })
    leaves[3]!()
    await are('displaced', 'live', 'live', 'idle')
    leaves[1]!()
    await are('live', 'idle', 'live', 'idle')
    expect(server.mostOpen).toBe(2)
  })

  test('one that is asked to reconnect takes the place of the one before', async () => {
    const { server, views, are } = open(1, ['a', 'b'])
    await are('displaced', 'live')
    const shown = views[1]!.getSnapshot().messages
    expect(shown).not.toHaveLength(0)
    views[0]!.reconnect()
    await are('live', 'displaced')
    expect(views[1]!.getSnapshot().messages).toEqual(shown)
    views[0]!.pause()
    await are('idle', 'live')
    views[0]!.resume()
    await are('live', 'displaced')
    expect(server.mostOpen).toBe(1)
  })

  test('a switch back and forth never keeps both', async () => {
    const { server, views, leaves, are } = open(1, ['a', 'b'])
    for (let turn = 0; turn < 3; turn++) {
      await are('displaced', 'live')
      leaves[1]!()
      await are('live', 'idle')
      leaves[1] = views[1]!.subscribe(() => {})
    }
    await are('displaced', 'live')
    expect(server.mostOpen).toBe(1)
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
    activityView(client).subscribe(() => {})
    await shows(clock, () => activityView(client).getSnapshot().rows.length === 1)
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

  test('an activity feed that is opened later is heard of too', async () => {
    const { client, clock } = withActivity([row({ streaming: true })], serving())
    const session = client.session('s')
    session.subscribe(() => {})
    await rest()
    expect(session.getSnapshot()).toMatchObject({ streaming: false, canInterrupt: false })
    const leave = activityView(client).subscribe(() => {})
    await shows(clock, () => session.getSnapshot().streaming)
    expect(session.getSnapshot()).toMatchObject({ canInterrupt: true, model: 'big', stale: true })
    leave()
  })

  test('a switch back to an idle session shows nothing stale', async () => {
    const recording = answered()
    const { client, clock } = withActivity(
      [row({ headSeq: 8 })],
      inTurn(serving(...recording.full()), serving()),
    )
    activityView(client).subscribe(() => {})
    const session = client.session('s')
    const leave = session.subscribe(() => {})
    await shows(
      clock,
      () => status(session) === 'live' && !activityView(client).getSnapshot().stale,
    )
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
    activityView(client).subscribe(() => {})
    const session = client.session('s')
    const leave = session.subscribe(() => {})
    await shows(
      clock,
      () => status(session) === 'live' && !activityView(client).getSnapshot().stale,
    )
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
    activityView(client).subscribe(() => {})
    const session = client.session('s')
    const leave = session.subscribe(() => {})
    await shows(
      clock,
      () => status(session) === 'live' && !activityView(client).getSnapshot().stale,
    )
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

describe('signals and presence', () => {
  const transient = (name: string, data: unknown, from?: string): SentFrame => ({
    frame: JSON.parse(JSON.stringify({ type: 'transient', name, data, from })),
  })
  const watching = [
    { principal: 'ann', streams: 2 },
    { principal: 'bob', streams: 1 },
  ]

  test('who is watching is in the snapshot while the view is connected', async () => {
    const recording = answered()
    const { client, clock, cut } = setUp({
      onChat: inTurn(
        serving(...recording.full(), transient('presence', watching), transient('typing', true)),
        serving(...recording.since(8)),
      ),
    })
    const session = client.session('s')
    expect(session.getSnapshot().presence).toEqual([])
    session.subscribe(() => {})
    await shows(clock, () => session.getSnapshot().presence.length > 0)
    const { presence } = session.getSnapshot()
    expect(presence).toEqual(watching)
    cut()
    await shows(clock, () => status(session) !== 'live')
    expect(session.getSnapshot()).toMatchObject({ presence: [], messages: [{}, {}] })
    await clock.advance(10_000)
    await shows(clock, () => status(session) === 'live')
    expect(session.getSnapshot().presence).toEqual([])
  })

  test('each signal is heard once, by each listener until it unsubscribes, and changes no snapshot', async () => {
    const recording = answered()
    const more = Promise.withResolvers<void>()
    const { client, clock } = setUp({
      async *onChat(_input, signal) {
        yield* recording.full()
        yield transient('presence', watching)
        await more.promise
        yield transient('typing', true, 'ann')
        yield transient('data-progress', { done: 0.5 })
        await aborted(signal)
      },
    })
    const session = client.session('s')
    const heard = vi.fn()
    const gone = vi.fn()
    session.onSignal(heard)
    const leave = session.onSignal(gone)
    session.subscribe(() => {})
    await shows(clock, () => session.getSnapshot().presence.length > 0)
    const before = session.getSnapshot()
    leave()
    leave()
    more.resolve()
    await until(() => heard.mock.calls.length === 2)
    expect(heard.mock.calls).toEqual([
      [{ name: 'typing', data: true, from: 'ann' }],
      [{ name: 'data-progress', data: { done: 0.5 } }],
    ])
    expect(gone).not.toHaveBeenCalled()
    await clock.advance(16)
    expect(session.getSnapshot()).toBe(before)
  })

  test('a listener that throws disturbs neither the stream nor other listeners', async () => {
    const recording = answered()
    const { client, clock } = setUp({
      onChat: serving(...recording.full(), transient('typing', true, 'ann')),
    })
    const session = client.session('s')
    const heard = vi.fn()
    session.onSignal(() => {
      throw new Error('a bug of the page')
    })
    session.onSignal(heard)
    session.subscribe(() => {})
    await until(() => heard.mock.calls.length === 1)
    await rest()
    await expect(clock.advance(16)).rejects.toThrow('a bug of the page')
    await clock.advance(16)
    expect([status(session), session.stats().connects]).toEqual(['live', 1])
  })
})
