// A store on PostgreSQL, for `fork`, with the bus that is asked for.
import { createStore } from '@caughtup/store'
import { postgres } from '@caughtup/store/postgres'
import { redis } from '@caughtup/store/redis'

import { type Answer, startAnswer } from '../measure/answer.ts'
import { type Across, serveAcross } from './serve-across.ts'

const [windowMs = '', url = '', schema = '', redisUrl] = process.argv.slice(2)

serveAcross(async (): Promise<Across> => {
  const store = await createStore({
    storage: postgres({ url, schema }),
    flush: { windowMs: Number(windowMs) },
    ...(redisUrl && { bus: redis({ url: redisUrl }) }),
  })
  const answers: Answer[] = []
  return {
    async open(count) {
      for (let n = 0; n < count; n++) answers.push(await startAnswer(store, n))
      return answers.map(({ sessionId }) => sessionId)
    },
    append(stream, text) {
      // An uncaught failure ends the process.
      void answers[stream]?.writer.write({ type: 'text-delta', text })
    },
    async follow(sessionId, read) {
      const { cursor } = await store.head(sessionId)
      const { signal } = new AbortController()
      const batches = store.follow(sessionId, cursor.seq, { signal })
      void (async () => {
        for await (const { events } of batches) {
          for (const event of events) {
            if (event.type !== 'message-delta') continue
            for (const op of event.ops) {
              if (op.op === 'append') read(op.text)
              else if (op.op === 'put' && op.value.type === 'text') read(op.value.text)
            }
          }
        }
      })()
      // It has asked by then for what lies after the cursor.
      await store.head(sessionId)
    },
    commitDuration: () => store.stats().commitDuration,
  }
})
