import { decodeCursor } from '@caughtup/schema/cursor'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { aborted, rest, setUp, until } from '../../tests/support/harness.ts'
import { Recording } from '../../tests/support/recording.ts'

function recorded(): Recording {
  const recording = new Recording()
  recording.start('run')
  recording.message('question', 'user', 'Hi')
  recording.message('answer', 'assistant')
  recording.open('answer')
  for (const text of ['one ', '🦊', ' two', ' three']) recording.text('answer', text)
  recording.finish('answer')
  recording.boundary('summary')
  recording.message('next', 'user', 'And?')
  recording.end('run')
  return recording
}

/** One connection: how many frames it carries, how it breaks, and how its events are batched. */
const connection = fc.record({
  frames: fc.nat({ max: 8 }),
  breaks: fc.constantFrom('end of stream', 'error', 'cut', 'online'),
  batch: fc.integer({ min: 1, max: 5 }),
})

test('wherever connections break, the view ends like an uninterrupted one, with one attempt at a time', async () => {
  const recording = recorded()
  await fc.assert(
    fc.asyncProperty(fc.array(connection, { maxLength: 6 }), async (connections) => {
      let next = 0
      const script = {
        async *onChat({ mode }: { mode: { type: string; cursor?: string } }, signal: AbortSignal) {
          const { frames, breaks, batch } = connections[next++] ?? {
            frames: Infinity,
            breaks: 'cut',
            batch: 3,
          }
          const after = decodeCursor(mode.cursor ?? '')?.seq
          const start = after ?? Math.min(2 * batch, recording.head)
          const all = after === undefined ? recording.full(start) : recording.since(start, start)
          for (let at = start; at < recording.head; at += batch) {
            all.push(recording.batch(at, Math.min(recording.head, at + batch)))
          }
          yield* all.slice(0, frames)
          if (frames === Infinity || breaks === 'cut') await aborted(signal)
          if (breaks === 'error') throw new Error('broken')
        },
      }
      const { client, clock, network, server, cut } = setUp(script)
      const session = client.session('s')
      const orders: number[] = []
      session.subscribe(() => orders.push(session.getSnapshot().messages.length))
      for (const { breaks } of connections) {
        await rest()
        if (breaks === 'cut') cut()
        if (breaks === 'online') {
          network.change({ online: false })
          network.change({ online: true })
          network.change({ visible: false })
          network.change({ visible: true })
        }
        await clock.advance(10_000)
      }
      cut()
      await clock.advance(20_000)
      await until(() => session.stats().framesReceived > 0)
      await rest()
      await clock.advance(16)
      const { messages, run, epoch } = session.getSnapshot()
      const whole = recording.viewAt()
      expect(messages).toEqual(whole.messages)
      expect({ run, epoch }).toEqual({ run: whole.run, epoch: whole.epoch })
      expect(server.mostOpen).toBe(1)
      client.close()
    }),
    { numRuns: 60 },
  )
}, 60_000)
