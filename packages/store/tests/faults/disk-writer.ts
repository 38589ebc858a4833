// Streams one answer as fast as the store allows, and reports its progress, until it is told to finish.
import { writeSync } from 'node:fs'

import { sqlite } from '../../src/engines/sqlite/index.ts'
import { createStore } from '../../src/store.ts'

/** A progress report. */
export interface DiskReport {
  sessionId: string
  /** The number of accepted characters. */
  given: number
  unflushedBytes: number
  lastError?: string
}

const KiB = 1_024
const messageId = 'answer'
const runId = 'run'

const [path = ''] = process.argv.slice(2)
// A file at its size limit is then a write error instead of a signal that ends the process.
process.on('SIGXFSZ', () => undefined)
const store = await createStore({
  storage: sqlite({ path }),
  flush: { maxUnflushedBytes: 64 * KiB },
})
const { id: sessionId } = await store.sessions.create({ owner: 'me' })
const run = { id: runId, kind: 'agent', status: 'streaming', startedAt: 1 } as const
const metadata = { createdAt: 1, runId }
await store.append({
  sessionId,
  drafts: [
    { type: 'run-started', runId, run },
    {
      type: 'message-created',
      message: { id: messageId, role: 'assistant', parts: [], metadata, status: 'open' },
    },
  ],
})

let given = 0
let finishing = false
process.stdin.once('data', () => (finishing = true))

function report(): void {
  const { unflushedBytes, lastError } = store.stats()
  const said: DiskReport = { sessionId, given, unflushedBytes, ...(lastError && { lastError }) }
  writeSync(1, `${JSON.stringify(said)}\n`)
}

const reporting = setInterval(report, 50)
const writer = store.writer({ sessionId, runId, messageId })
while (!finishing) {
  const text = `${given} `.padEnd(4 * KiB, 'x')
  await writer.write({ type: 'text-delta', text })
  given += text.length
  await new Promise((resolve) => setTimeout(resolve, 1))
}
await writer.finish({ reason: 'stop' }, [{ type: 'run-ended', runId, reason: 'stop' }])
clearInterval(reporting)
report()
process.stdin.destroy()
await store.close()
