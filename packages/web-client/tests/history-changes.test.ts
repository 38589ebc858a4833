import type { Page } from '@caughtup/schema'
import { describe, expect, test } from 'vitest'

import type { SessionView } from '../src/session/session-view.ts'
import { rest, setUp, until } from './support/harness.ts'
import { pageOf } from './support/page-of.ts'
import { inTurn, serving, shows, status } from './support/play.ts'
import { Recording } from './support/recording.ts'

/** Two turns: prompts `q1` and `q2`, answers `a1` and `a2`. */
function conversation(): Recording {
  const recording = new Recording()
  for (const turn of [1, 2]) {
    recording.message(`q${turn}`, 'user', `question ${turn}`)
    recording.message(`a${turn}`, 'assistant', `answer ${turn}`)
  }
  return recording
}

const idsOf = (session: SessionView) => session.getSnapshot().messages.map(({ id }) => id)

describe('changes of history', () => {
  test('are shown as they come, with canUndo and canRedo', async () => {
    const recording = conversation()
    const before = recording.full()
    recording.replace('q2', 'edited')
    recording.undo()
    const [done, redone] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const { client, clock } = setUp({
      async *onChat(input, signal) {
        yield* before
        yield recording.batch(4)
        await done.promise
        recording.redo()
        yield recording.batch(6)
        redone.resolve()
        yield* serving()(input, signal)
      },
    })
    const session = client.session('s')
    session.subscribe(() => {})
    await shows(clock, () => idsOf(session).length === 2)
    expect(session.getSnapshot()).toMatchObject({ canUndo: true, canRedo: true })
    done.resolve()
    await redone.promise
    await shows(clock, () => idsOf(session).length === 4)
    expect(session.getSnapshot()).toMatchObject({ canUndo: true, canRedo: false })
    expect(session.getSnapshot().messages[2]).toMatchObject({ parts: [{ text: 'edited' }] })
    expect(session.getSnapshot().messages).toEqual(recording.viewAt().messages)
  })

  test('an import is shown after one full replay; the messages stay until then', async () => {
    const recording = conversation()
    const first = recording.full()
    recording.import('i1', 'i2')
    const gate = Promise.withResolvers<void>()
    const { client, clock, server } = setUp({
      onChat: inTurn(serving(...first, recording.batch(4)), async function* (input, signal) {
        yield* recording.full().slice(0, 2)
        await gate.promise
        yield* serving(recording.caughtUp('full'))(input, signal)
      }),
    })
    const session = client.session('s')
    session.subscribe(() => {})
    await shows(clock, () => status(session) === 'waiting')
    await clock.advance(250)
    await until(() => server.requests.length === 2)
    await rest()
    await clock.advance(16)
    expect(session.getSnapshot()).toMatchObject({ stale: true, connection: { attempts: 1 } })
    expect(idsOf(session)).toEqual(['q1', 'a1', 'q2', 'a2'])
    gate.resolve()
    await shows(clock, () => status(session) === 'live')
    expect(session.getSnapshot().messages).toEqual(recording.viewAt().messages)
    expect(server.requests.map(({ mode }) => mode.type)).toEqual(['full', 'full'])
    expect(server.mostOpen).toBe(1)
  })

  test('a session that was left resumes after an import with one full replay', async () => {
    const recording = conversation()
    const first = recording.full()
    recording.import('i1')
    recording.message('q3', 'user', 'And now?')
    const { client, clock, server } = setUp({
      onChat: inTurn(
        serving(...first),
        serving(...recording.since(4)),
        serving(...recording.full()),
      ),
    })
    const session = client.session('s')
    const leave = session.subscribe(() => {})
    await shows(clock, () => status(session) === 'live')
    leave()
    session.subscribe(() => {})
    await shows(clock, () => status(session) === 'waiting')
    await clock.advance(250)
    await shows(clock, () => status(session) === 'live')
    expect(session.getSnapshot().messages).toEqual(recording.viewAt().messages)
    expect(server.requests.map(({ mode }) => mode.type)).toEqual(['full', 'since', 'full'])
  })

  test('windows that are followed by an import each time are requested more and more slowly', async () => {
    const recording = conversation()
    recording.import('i1')
    const { client, clock, server } = setUp({
      onChat: serving(
        recording.replay('full'),
        recording.messages(4),
        recording.batch(4, 5, { id: false }),
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

  test('an older page receives the edits and erasures that came during its request', async () => {
    const recording = conversation()
    const { messages } = recording.viewAt()
    const asked = Promise.withResolvers<void>()
    const answer = Promise.withResolvers<Page>()
    const { client, clock } = setUp({
      async *onChat(input, signal) {
        yield* recording.full(4, 1)
        await asked.promise
        recording.replace('a1', 'edited')
        recording.erase('q1')
        yield* serving(recording.batch(4))(input, signal)
      },
      async loadMore() {
        asked.resolve()
        return answer.promise
      },
    })
    const session = client.session('s')
    session.subscribe(() => {})
    await shows(clock, () => session.getSnapshot().hasOlder)
    const loading = session.loadOlder()
    await until(() => session.stats().eventsReceived === 2)
    answer.resolve(pageOf(messages.slice(0, 3), 4))
    await loading
    expect(idsOf(session)).toEqual(['a1', 'q2', 'a2'])
    expect(session.getSnapshot().messages).toEqual(recording.viewAt().messages)
  })
})
