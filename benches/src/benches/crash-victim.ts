// Streams answers window by window, prints the ids of their sessions, and waits to be killed.
import { openStore, startAnswer } from '../measure/answer.ts'
import { tokenText } from '../measure/token-text.ts'

/** As of an answer of 50 tokens/s in windows of 33 ms, rounded up. */
const tokensPerWindow = 2

const [file = '', sessions = '', windows = ''] = process.argv.slice(2)
const store = await openStore(file)
const answers = []
for (let n = 0; n < Number(sessions); n++) answers.push(await startAnswer(store, n))
for (let token = 0; token < Number(windows) * tokensPerWindow; token++) {
  for (const [n, { writer }] of answers.entries()) {
    await writer.write({ type: 'text-delta', text: tokenText(n, token) })
  }
  if (token % tokensPerWindow === 1) await store.flushAll()
}
process.stdout.write(`${JSON.stringify(answers.map(({ sessionId }) => sessionId))}\n`)
setInterval(() => undefined, 60_000)
