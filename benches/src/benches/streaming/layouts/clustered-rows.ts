import { type Layout, windowMs } from './layout.ts'
import { plainDatabase } from './plain-database.ts'

/** A row per answer and window, clustered by session; one transaction per window for all of them. */
export async function clusteredRows(file: string): Promise<Layout> {
  const db = plainDatabase(file)
  const answers: { text: string; seq: number }[] = []
  const gathered = new Map<number, string>()
  let timer: NodeJS.Timeout | undefined
  const write = () => {
    clearTimeout(timer)
    timer = undefined
    if (gathered.size === 0) return
    db.exec('BEGIN IMMEDIATE')
    for (const [answer, text] of gathered) {
      const state = answers[answer]
      if (!state) continue
      state.text += text
      db.insertDelta(answer, ++state.seq, text)
    }
    db.exec('COMMIT')
    gathered.clear()
  }
  return {
    async start(answer) {
      answers[answer] = { text: '', seq: 0 }
      db.putPrompt(answer)
    },
    append(answer, text) {
      gathered.set(answer, (gathered.get(answer) ?? '') + text)
      timer ??= setTimeout(write, windowMs)
    },
    async finish(answer) {
      write()
      db.putAnswer(answer, answers[answer]?.text ?? '', 'done')
    },
    async flush() {
      write()
    },
    async close() {
      db.close()
    },
  }
}
