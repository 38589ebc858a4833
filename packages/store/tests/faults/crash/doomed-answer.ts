// Begins an answer, continues it to the point where it is killed, and reports that point.
import { writeSync } from 'node:fs'

import { encodeCursor } from '@caughtup/schema/cursor'

import { sqlite } from '../../../src/engines/sqlite/index.ts'
import type { StorageFactory } from '../../../src/port/storage.ts'
import { createStore } from '../../../src/store.ts'

/** Its report once it can be killed. */
export interface Doomed {
  sessionId: string
  messageId: string
  /** The cursor of a client that saw everything before the last commit. */
  cursor: string
}

const [path = '', fate = ''] = process.argv.slice(2)
const messageId = 'answer'
const runId = 'run'
let diesCommitting = false

const storage: StorageFactory = {
  async open(options) {
    const opened = await sqlite({ path }).open(options)
    const commit = opened.commit.bind(opened)
    opened.commit = async (slices) => {
      const results = await commit(slices)
      if (diesCommitting) process.kill(process.pid, 'SIGKILL')
      return results
    }
    return opened
  },
}

const store = await createStore({ storage })
const { id: sessionId } = await store.sessions.create({ owner: 'me' })
await store.append({
  sessionId,
  drafts: [
    {
      type: 'run-started',
      runId,
      run: { id: runId, kind: 'agent', status: 'streaming', startedAt: 1 },
    },
    {
      type: 'message-created',
      message: {
        id: messageId,
        role: 'assistant',
        parts: [],
        metadata: { createdAt: 1, runId },
        status: 'open',
      },
    },
  ],
})
const { cursor } = await store.head(sessionId)
const doomed: Doomed = { sessionId, messageId, cursor: encodeCursor(cursor) }
const writer = store.writer({ sessionId, runId, messageId })
const call = { toolCallId: 'call', toolName: 'look', input: { at: 'it' } }
switch (fate) {
  case 'before-first-token':
    break
  case 'tool-input':
    await writer.write({ type: 'tool-input-start', id: 'call', toolName: 'look' })
    await writer.write({ type: 'tool-input-delta', id: 'call', delta: '{"at":' })
    await store.flush(messageId)
    break
  case 'tool-call':
    await writer.write({ type: 'tool-call', ...call })
    break
  case 'unpublished':
    diesCommitting = true
    writeSync(1, `${JSON.stringify(doomed)}\n`)
    await writer.write({ type: 'tool-call', ...call })
}
writeSync(1, `${JSON.stringify(doomed)}\n`)
setInterval(() => undefined, 60_000)
