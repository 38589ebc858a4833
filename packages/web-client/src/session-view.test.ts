import { describe, expect, test } from 'vitest'

import { aborted, setUp, until } from './testing/harness.ts'
import { Recording } from './testing/recording.ts'

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

describe('a session view', () => {
  test('shows the window once it is caught up', async () => {
    const recording = answered()
    const { client, clock, server } = setUp({
      async *onChat(_input, signal) {
        yield* recording.full()
        await aborted(signal)
      },
    })
    const session = client.session('s')
    expect(session.getSnapshot()).toMatchObject({ connection: { status: 'idle' }, stale: true })
    session.subscribe(() => {})
    await until(() => session.stats().framesReceived === 3)
    await clock.advance(16)
    expect(session.getSnapshot()).toMatchObject({
      connection: { status: 'live', attempts: 0 },
      stale: false,
      messages: recording.viewAt().messages,
    })
    expect(server.requests).toMatchObject([{ mode: { type: 'full' } }])
  })
})
