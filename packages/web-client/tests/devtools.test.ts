import { expect, test } from 'vitest'

import { Devtools } from '../src/devtools/devtools.ts'
import { aborted, rest, setUp, until } from './support/harness.ts'
import { inTurn, serving, shows, status } from './support/play.ts'
import { answered } from './support/recording.ts'

function follow(client: ReturnType<typeof setUp>['client']) {
  const session = client.session('s')
  session.subscribe(() => {})
  return session
}

test('the log has each call and frame as it comes, with what it is about', async () => {
  const recording = answered()
  const { client, clock } = setUp({
    onChat: serving(...recording.full()),
    markRead: async ({ upTo }) => ({ upTo }),
  })
  const devtools = new Devtools(client)
  const session = follow(client)
  await shows(clock, () => status(session) === 'live')
  await session.markRead(1)
  const lines = devtools
    .entriesOf('s')
    .map(({ kind, procedure, summary }) => `${kind} ${procedure} ${summary}`)
  expect(lines).toEqual([
    'call onChat called',
    'frame onChat replay full',
    expect.stringMatching(/^frame onChat messages \d+$/),
    expect.stringMatching(/^frame onChat caught up \(full\), epoch 0$/),
    'call activity.markRead called',
    'answer activity.markRead answered',
  ])
  expect(devtools.entriesOf('other')).toEqual([])
  expect(devtools.sessions).toEqual([
    {
      sessionId: 's',
      status: 'live',
      reason: 'full',
      cursor: recording.cursor(),
      seq: recording.head,
      messages: recording.viewAt().messages.length,
      pending: 0,
      stale: false,
    },
  ])
})

test('a cut breaks the streams, and the views go on from their cursors', async () => {
  const recording = answered()
  const { client, clock, server } = setUp({
    onChat: inTurn(
      async function* (_input, signal) {
        yield* recording.full(3)
        await aborted(signal)
      },
      serving(...recording.since(3)),
    ),
  })
  const devtools = new Devtools(client)
  const session = follow(client)
  await shows(clock, () => status(session) === 'live')
  devtools.cut()
  await shows(clock, () => status(session) !== 'live')
  expect(devtools.entriesOf('s').at(-1)).toMatchObject({
    kind: 'error',
    summary: 'NETWORK: the devtools cut the connection',
  })
  await clock.advance(10_000)
  await shows(clock, () => status(session) === 'live')
  expect(session.getSnapshot().messages).toEqual(recording.viewAt().messages)
  expect(server.requests.map(({ mode }) => mode.type)).toEqual(['full', 'since'])
  await until(() => server.open === 1)
})

test('a stream that is open already connects anew, so that its frames are heard', async () => {
  const recording = answered()
  const { client, clock, server } = setUp({
    onChat: inTurn(
      async function* (_input, signal) {
        yield* recording.full(3)
        await aborted(signal)
      },
      serving(...recording.since(3)),
    ),
  })
  const session = follow(client)
  await shows(clock, () => status(session) === 'live')
  const devtools = new Devtools(client)
  await shows(clock, () => session.getSnapshot().messages.at(-1)?.status === 'done')
  expect(session.getSnapshot().messages).toEqual(recording.viewAt().messages)
  expect(server.requests.map(({ mode }) => mode.type)).toEqual(['full', 'since'])
  expect(devtools.entriesOf('s').map(({ summary }) => summary)).toContain('replay since')
})

test('a delay lets frames come later, in their order', async () => {
  const recording = answered()
  const { client, clock } = setUp({ onChat: serving(...recording.full()) })
  const devtools = new Devtools(client)
  devtools.delay = 1_000
  const session = follow(client)
  await rest()
  expect(devtools.entriesOf('s')).toHaveLength(1)
  await clock.advance(1_000)
  await until(() => devtools.entriesOf('s').length === 2)
  expect(status(session)).not.toBe('live')
  await clock.advance(2_000)
  await shows(clock, () => status(session) === 'live')
  expect(session.getSnapshot().messages).toEqual(recording.viewAt().messages)
})

test('a replay asks for all of a session again', async () => {
  const recording = answered()
  const { client, clock, server } = setUp({ onChat: serving(...recording.full()) })
  const devtools = new Devtools(client)
  const session = follow(client)
  await shows(clock, () => status(session) === 'live')
  devtools.replay('s')
  await shows(clock, () => server.requests.length === 2 && status(session) === 'live')
  expect(server.requests[1]?.mode).toEqual({ type: 'full' })
  expect(session.getSnapshot().messages).toEqual(recording.viewAt().messages)
})

test('closed, they hear no more calls and disturb none', async () => {
  const recording = answered()
  const { client, clock } = setUp({ onChat: serving(...recording.full()) })
  const devtools = new Devtools(client)
  devtools.delay = 60_000
  devtools.close()
  const session = follow(client)
  await shows(clock, () => status(session) === 'live')
  expect(devtools.log.entries).toEqual([])
})

test('the log forgets its oldest entries', async () => {
  const { client } = setUp({ markRead: async ({ upTo }) => ({ upTo }) })
  const devtools = new Devtools(client)
  for (let upTo = 1; upTo <= 1_500; upTo++) await client.session('s').markRead(upTo)
  const { entries } = devtools.log
  expect(entries.length).toBeLessThan(1_000)
  expect(entries.at(-1)).toMatchObject({ kind: 'answer', detail: { upTo: 1_500 } })
})
