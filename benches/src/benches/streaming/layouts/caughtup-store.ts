import { type Answer, finishAnswer, openStore, startAnswer } from '../../../measure/answer.ts'
import type { Layout } from './layout.ts'

/** The store with its defaults, through its public API. */
export async function caughtupStore(file: string): Promise<Layout> {
  const store = await openStore(file)
  const answers: Answer[] = []
  return {
    async start(answer) {
      answers[answer] = await startAnswer(store, answer)
    },
    append(answer, text) {
      // An uncaught failure ends the process.
      void answers[answer]?.writer.write({ type: 'text-delta', text })
    },
    async finish(answer) {
      const started = answers[answer]
      if (started) await finishAnswer(started)
    },
    flush: () => store.flushAll(),
    close: () => store.close(),
  }
}
