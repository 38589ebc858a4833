// Streams answers into sessions, reports given and acknowledged text, and waits to be killed.
import { writeSync } from 'node:fs'

import type { AgentPart } from '@caughtup/schema'
import { sleep } from '@caughtup/schema/clock'
import { Random } from '@caughtup/schema/testing'

import { postgres } from '../../../src/engines/postgres/index.ts'
import { sqlite } from '../../../src/engines/sqlite/index.ts'
import type { StorageFactory } from '../../../src/port/storage.ts'
import { createStore, type Store } from '../../../src/store.ts'
import { signalAtStep } from '../signal-at-step.ts'
import type { CrashLine } from './crash-line.ts'

/** Writes a line with the time. */
type Said = CrashLine extends infer L ? (L extends CrashLine ? Omit<L, 'at'> : never) : never

const standardOutput = 1
const chats = 4

const [path = '', seed = '', step = ''] = process.argv.slice(2)
const random = new Random(Number(seed))

function say(line: Said): void {
  writeSync(standardOutput, `${JSON.stringify({ ...line, at: performance.now() })}\n`)
}

/** Reports when each commit is called and when it returns. */
const observed: StorageFactory = {
  async open(options) {
    const factory = path.startsWith('postgres:') ? postgres({ url: path }) : sqlite({ path })
    const storage = await factory.open(options)
    const commit = storage.commit.bind(storage)
    storage.commit = async (slices) => {
      say({ did: 'committing' })
      const results = await commit(slices)
      say({ did: 'committed' })
      return results
    }
    return storage
  },
}

/** Ends the runs that the killed process left open. */
async function endLost(store: Store): Promise<void> {
  for (const { sessionId: session, head, open } of await store.activeRuns()) {
    if (!head.run) continue
    const runId = head.run.id
    for (const { id } of open) say({ did: 'gave', session, message: id, text: '.' })
    const finishes = open.map(({ id: messageId }) => {
      return { type: 'message-finished', messageId, reason: 'lost' } as const
    })
    await store.append({
      sessionId: session,
      drafts: [...finishes, { type: 'run-ended', runId, reason: 'lost' }],
      guard: { is: 'run', runId },
    })
    for (const { id } of open) say({ did: 'kept', message: id })
  }
}

/** One turn: a prompt, and an answer of random parts. */
async function turn(store: Store, session: string): Promise<{ prompt: string; answer: string }> {
  const name = (kind: string) => `${kind}-${crypto.randomUUID()}`
  const [runId, prompt, answer] = [name('run'), name('prompt'), name('answer')]
  const metadata = { createdAt: Date.now(), runId }
  const text = `Prompt ${random.between(1, 1e6)}`
  say({ did: 'gave', session, message: prompt, text: `^${text}.` })
  say({ did: 'gave', session, message: answer, text: '^' })
  const run = { id: runId, kind: 'agent', status: 'streaming', startedAt: Date.now() } as const
  await store.append({
    sessionId: session,
    drafts: [
      { type: 'run-started', runId, run },
      {
        type: 'message-created',
        message: {
          id: prompt,
          role: 'user',
          parts: [{ type: 'text', text }],
          metadata,
          status: 'done',
        },
      },
      {
        type: 'message-created',
        message: { id: answer, role: 'assistant', parts: [], metadata, status: 'open' },
      },
    ],
    guard: { is: 'idle' },
  })
  say({ did: 'kept', message: prompt })
  say({ did: 'kept', message: answer })
  const writer = store.writer({ sessionId: session, runId, messageId: answer })
  const give = async (part: AgentPart, adds: string) => {
    say({ did: 'gave', session, message: answer, text: adds })
    await writer.write(part)
  }
  for (let left = random.between(1, 60); left > 0; left--) {
    await sleep(store.clock, random.between(0, 6))
    const what = random.weighted({ text: 20, reasoning: 2, tool: 2, flush: 6 })
    // Half a surrogate pair at the end: the other half begins the next.
    const token = random.chance(0.1) ? '\udc4d ☃\ud83d' : `${random.between(0, 9999)} `
    if (what === 'text') {
      await give({ type: 'text-delta', text: token }, token)
    } else if (what === 'reasoning') {
      await give({ type: 'reasoning-delta', text: token }, `<${token}`)
      await give({ type: 'reasoning-end' }, '')
      say({ did: 'kept', message: answer })
    } else if (what === 'tool') {
      const call = { toolCallId: `call-${left}`, toolName: 'look', input: { left } }
      await give({ type: 'tool-call', ...call }, `{call-${left}`)
      say({ did: 'kept', message: answer })
      await give({ type: 'tool-result', ...call, output: token }, '}')
      say({ did: 'kept', message: answer })
    } else {
      await store.flush(answer)
      say({ did: 'kept', message: answer })
    }
  }
  say({ did: 'gave', session, message: answer, text: '.' })
  await writer.finish({ reason: 'stop' }, [{ type: 'run-ended', runId, reason: 'stop' }])
  say({ did: 'kept', message: answer })
  return { prompt, answer }
}

async function chat(store: Store, session: string): Promise<never> {
  for (;;) {
    const { prompt, answer } = await turn(store, session)
    const then = random.weighted({ nothing: 3, edit: 1, delete: 1, fork: 1 })
    if (then === 'edit') {
      say({ did: 'changing', message: prompt, into: '^Edited.' })
      await store.history.edit(session, prompt, { parts: [{ type: 'text', text: 'Edited' }] })
      say({ did: 'changed', message: prompt })
    } else if (then === 'delete') {
      say({ did: 'changing', message: answer, into: '' })
      await store.history.delete(session, answer)
      say({ did: 'changed', message: answer })
    } else if (then === 'fork') {
      await store.history.fork(session, { from: prompt, owner: 'forks' })
    }
  }
}

const store = await createStore({ storage: observed })
await endLost(store)
const { sessions: known } = await store.sessions.list('me', { limit: chats })
const ids = known.map(({ id }) => id)
while (ids.length < chats) ids.push((await store.sessions.create({ owner: 'me' })).id)
if (step !== '') {
  signalAtStep('SIGKILL', Number(step), random.chance(0.5) ? 'before' : 'after')
}
await Promise.all(ids.map((id) => chat(store, id)))
