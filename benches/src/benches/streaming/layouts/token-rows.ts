import type { Layout } from './layout.ts'
import { plainDatabase } from './plain-database.ts'

/** A row per token, each written at once in its own transaction. */
export async function tokenRows(file: string): Promise<Layout> {
  const db = plainDatabase(file)
  const answers: { text: string; seq: number }[] = []
  return {
    async start(answer) {
      answers[answer] = { text: '', seq: 0 }
      db.putPrompt(answer)
    },
    append(answer, text) {
      const state = answers[answer]
      if (!state) return
      state.text += text
      db.insertDelta(answer, ++state.seq, text)
    },
    async finish(answer) {
      db.putAnswer(answer, answers[answer]?.text ?? '', 'done')
    },
    async flush() {},
    async close() {
      db.close()
    },
  }
}
