import { createStore } from '@caughtup/store'
import { postgres } from '@caughtup/store/postgres'
import type pg from 'pg'

import { windowMs } from '../benches/streaming/layouts/layout.ts'
import { type Answer, startAnswer } from '../measure/answer.ts'
import type { PostgresLayout } from './postgres-layout.ts'

/** The store with its defaults, through its public API. */
export async function caughtupOnPostgres(pool: pg.Pool, schema: string): Promise<PostgresLayout> {
  const store = await createStore({ storage: postgres({ pool, schema }) })
  const answers: Answer[] = []
  const durations: number[] = []
  const timer = setInterval(() => durations.push(store.stats().commitDuration), windowMs)
  return {
    async start(answer) {
      answers[answer] = await startAnswer(store, answer)
    },
    append(answer, text) {
      // An uncaught failure ends the process.
      void answers[answer]?.writer.write({ type: 'text-delta', text })
    },
    flush: () => store.flushAll(),
    takeDurations: () => durations.splice(0),
    async close() {
      clearInterval(timer)
      await store.close()
    },
  }
}
