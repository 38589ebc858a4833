import { memoryUsage, stdout } from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'

import type { MessageDraft } from '@caughtup/schema'

import { sqlite } from '../../src/engines/sqlite/index.ts'
import { createStore } from '../../src/store.ts'

// Started by `heap.test.ts`: node --expose-gc answer-messages.ts DATABASE MESSAGES. Writes so many
// messages, half of them by a writer and half by their states, and prints the heap's bytes after a
// fifth and at the end.

const [, , path = '', messages = '0'] = process.argv
const total = Number(messages)
const store = await createStore({ storage: sqlite({ path }) })
const sessions = await Promise.all(
  Array.from({ length: 20 }, () => store.sessions.create({ owner: 'me' })),
)
let written = 0

async function tell(): Promise<void> {
  // Maintenance packs the entries that the engine still holds.
  while (store.stats().unpackedEvents > 0) await sleep(10)
  globalThis.gc?.()
  stdout.write(`${memoryUsage().heapUsed}\n`)
}

async function answer(sessionId: string, name: string): Promise<void> {
  const runId = `run-${name}`
  const run = { id: runId, kind: 'agent', status: 'streaming', startedAt: 1 } as const
  const message: MessageDraft = {
    id: `answer-${name}`,
    role: 'assistant',
    parts: [],
    metadata: { createdAt: 1, runId },
    status: 'open',
  }
  const ended = { type: 'run-ended', runId, reason: 'stop' } as const
  const started = { type: 'run-started', runId, run } as const
  const created = { type: 'message-created', runId, message } as const
  await store.append({ sessionId, drafts: [started, created] })
  if (written++ % 2 === 0) {
    const writer = store.writer({ sessionId, runId, messageId: message.id })
    for (const text of ['Half ', 'an ', `answer ${name}`]) {
      await writer.write({ type: 'text-delta', text })
    }
    await writer.finish({ reason: 'stop' }, [ended])
  } else {
    for (const text of ['Half ', 'Half an ', `Half an answer ${name}`]) {
      await store.update(sessionId, { ...message, parts: [{ type: 'text', text }] })
    }
    const text = `A whole answer ${name}`
    await store.update(sessionId, { ...message, status: 'done', parts: [{ type: 'text', text }] })
    await store.append({ sessionId, drafts: [ended] })
  }
}

async function answerAll(count: number): Promise<void> {
  await Promise.all(
    sessions.map(async ({ id }) => {
      for (let i = 0; i < count / sessions.length; i++) await answer(id, `${written}-${i}`)
    }),
  )
}

await answerAll(total / 5)
await tell()
await answerAll((total * 4) / 5)
await tell()
await store.close()
