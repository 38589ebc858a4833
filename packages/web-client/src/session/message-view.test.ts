import { expect, test, vi } from 'vitest'

import { aborted, setUp, until } from '../../tests/support/harness.ts'
import { shows, status } from '../../tests/support/play.ts'
import { Recording } from '../../tests/support/recording.ts'
import { messageView } from './message-view.ts'

/** A session whose server sends what a test appends to its recording. */
async function live(recording: Recording) {
  let sent = recording.head
  let wake = () => {}
  const { client, clock, server } = setUp({
    async *onChat(_input, signal) {
      yield* recording.full()
      while (!signal.aborted) {
        await Promise.race([aborted(signal), new Promise<void>((resolve) => (wake = resolve))])
        yield recording.batch(sent)
        sent = recording.head
      }
    },
  })
  const session = client.session('s')
  /** Appends to the recording, and resolves once the view has it. */
  const change = async (append: () => void) => {
    append()
    wake()
    await shows(clock, () => session.state.view.seq === recording.head)
    await clock.advance(16)
  }
  return { change, clock, server, session }
}

function conversation(): Recording {
  const recording = new Recording()
  for (const id of ['a', 'b', 'c']) recording.message(id, 'user', id)
  recording.message('answer', 'assistant')
  recording.open('answer')
  return recording
}

test('hears of its own message alone, and has it as the snapshot of the session has', async () => {
  const recording = conversation()
  const { change, clock, session } = await live(recording)
  const views = ['a', 'b', 'answer'].map((id) => messageView(session, id))
  const heard = views.map((view) => {
    const listener = vi.fn()
    view.subscribe(listener)
    return listener
  })
  await shows(clock, () => status(session) === 'live')
  const calls = () => heard.map((listener) => listener.mock.calls.length)
  expect(calls()).toEqual([1, 1, 1])
  await change(() => recording.text('answer', 'Hel'))
  await change(() => recording.text('answer', 'lo'))
  expect(calls()).toEqual([1, 1, 3])
  const { messages } = session.getSnapshot()
  expect(views.map((view) => view.getSnapshot())).toEqual([messages[0], messages[1], messages[3]])
  await change(() => recording.replace('b', 'B'))
  expect(calls()).toEqual([1, 2, 3])
  expect(views[1]?.getSnapshot()?.parts).toEqual([{ type: 'text', text: 'B' }])
})

test('hears that its message is gone, and of messages that moved up nothing else', async () => {
  const recording = conversation()
  const { change, clock, session } = await live(recording)
  const gone = vi.fn()
  const view = messageView(session, 'b')
  view.subscribe(gone)
  await shows(clock, () => status(session) === 'live')
  expect(view.getSnapshot()?.id).toBe('b')
  await change(() => recording.delete('b'))
  expect(gone).toHaveBeenCalledTimes(2)
  expect(view.getSnapshot()).toBeUndefined()
  expect(messageView(session, 'c').getSnapshot()?.id).toBe('c')
  expect(messageView(session, 'never').getSnapshot()).toBeUndefined()
})

test('all of a session share one subscription, which ends with the last of them', async () => {
  const { clock, server, session } = await live(conversation())
  const subscribe = vi.spyOn(session, 'subscribe')
  const leave = ['a', 'b', 'c', 'c'].map((id) => messageView(session, id).subscribe(() => {}))
  await shows(clock, () => status(session) === 'live')
  expect(subscribe).toHaveBeenCalledTimes(1)
  for (const one of leave.slice(1)) {
    one()
    one()
  }
  expect(status(session)).toBe('live')
  leave[0]?.()
  expect(status(session)).toBe('idle')
  messageView(session, 'a').subscribe(() => {})
  await shows(clock, () => status(session) === 'live')
  expect(server.requests).toHaveLength(2)
})

test('a listener that throws keeps no other one from hearing', async () => {
  const { clock, session } = await live(conversation())
  const heard = vi.fn()
  messageView(session, 'a').subscribe(() => {
    throw new Error('a bug of the page')
  })
  messageView(session, 'a').subscribe(heard)
  messageView(session, 'b').subscribe(heard)
  await until(() => session.state.caughtUp)
  await expect(clock.advance(16)).rejects.toThrow('a bug of the page')
  expect(heard).toHaveBeenCalledTimes(2)
})
