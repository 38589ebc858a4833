import { type Layout, windowMs } from './layout.ts'
import { plainDatabase } from './plain-database.ts'

/**
 * A row per message, written as a whole in its own transaction, 33 ms after the first token that it
 * lacks. There is no journal.
 */
export async function wholeMessages(file: string): Promise<Layout> {
  const db = plainDatabase(file)
  const texts: string[] = []
  const timers = new Map<number, NodeJS.Timeout>()
  const write = (answer: number, status: 'open' | 'done') => {
    clearTimeout(timers.get(answer))
    timers.delete(answer)
    db.putAnswer(answer, texts[answer] ?? '', status)
  }
  return {
    async start(answer) {
      texts[answer] = ''
      db.putPrompt(answer)
      write(answer, 'open')
    },
    append(answer, text) {
      texts[answer] = (texts[answer] ?? '') + text
      if (!timers.has(answer)) timers.set(answer, setTimeout(write, windowMs, answer, 'open'))
    },
    async finish(answer) {
      write(answer, 'done')
    },
    async flush() {
      for (const answer of timers.keys()) write(answer, 'open')
    },
    async close() {
      db.close()
    },
  }
}
