import { settle } from '@caughtup/schema/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'

import { Follower } from './support/follower.ts'
import { openTestServer, readUntil } from './support/open-test-server.ts'
import { ScriptedAgent } from './support/scripted-agent.ts'

type Step = 'say' | 'label' | 'read' | 'flush' | 'reconnect' | 'turn' | 'interrupt' | 'reset'

const steps = fc.array(
  fc.oneof(
    { weight: 2, arbitrary: fc.constantFrom<Step[]>('say', 'flush') },
    fc.constantFrom<Step[]>('label', 'read', 'reconnect', 'turn', 'interrupt', 'reset'),
  ),
  { maxLength: 20, size: 'max' },
)

test('a client that reconnects anywhere ends with the same view as a fresh one', async () => {
  const scripted = new ScriptedAgent()
  const { client, store } = await openTestServer({
    agent: scripted.agent,
    lease: 1e9,
    limits: { sendsPerMinute: 1e6 },
  })
  const me = client()
  let texts = 0

  await fc.assert(
    fc.asyncProperty(steps, async (script) => {
      const { id: sessionId } = await me.sessions.create({ title: 'Test' })
      const follower = new Follower()
      const connect = async () => {
        const { cursor } = follower
        const mode =
          cursor === undefined ? { type: 'full' as const } : { type: 'since' as const, cursor }
        const stream = await me.onChat({ sessionId, mode })
        follower.take(await readUntil(stream, 'caught-up'))
        return stream
      }
      let stream = await connect()
      let run: Awaited<ReturnType<ScriptedAgent['run']>> | undefined
      const begin: Step[] = ['turn', 'say', 'flush', 'say', 'flush']
      for (const [index, step] of [...begin, ...script, 'turn' as const].entries()) {
        switch (step) {
          case 'say':
            run?.say(`${index} `)
            break
          case 'label':
            run?.yield({
              type: 'message-metadata',
              messageMetadata: { [`label-${index % 3}`]: index },
            })
            break
          case 'flush':
            // What was said reaches the store first.
            await settle()
            await store.flushAll()
            break
          case 'read': {
            const { head } = await store.head(sessionId)
            const behind = follower.view.seq < head.seq
            const result = behind ? await stream.next() : undefined
            if (result && !result.done) follower.take([result.value])
            break
          }
          case 'reconnect':
            await stream.return?.()
            stream = await connect()
            break
          case 'turn':
            run?.finish()
            run = undefined
            await idle(store, sessionId)
            await me.messages.send({ sessionId, text: `${index}` })
            run = await scripted.run()
            break
          case 'interrupt':
            await me.runs.interrupt({ sessionId })
            run = undefined
            break
          case 'reset':
            await me.runs.interrupt({ sessionId })
            run = undefined
            await me.history.reset({ sessionId })
            break
        }
      }
      run?.say('end')
      run?.finish()
      await idle(store, sessionId)
      const { head } = await store.head(sessionId)
      while (follower.view.seq < head.seq) {
        const result = await stream.next()
        if (result.done) throw new Error('The stream ended.')
        follower.take([result.value])
      }
      const fresh = new Follower()
      const window = await me.onChat({ sessionId, mode: { type: 'full' } })
      fresh.take(await readUntil(window, 'caught-up'))
      expect(follower.view.messages).toEqual(fresh.view.messages)
      expect(follower.view.seq).toBe(fresh.view.seq)
      texts += follower.texts
      await window.return?.()
      await stream.return?.()
    }),
    { numRuns: 40 },
  )
  expect(texts).toBeGreaterThan(0)
}, 60_000)

async function idle(
  store: { head(id: string): Promise<{ head: { run?: unknown } }> },
  sessionId: string,
) {
  await expect
    .poll(async () => (await store.head(sessionId)).head.run, { interval: 1 })
    .toBeUndefined()
}
