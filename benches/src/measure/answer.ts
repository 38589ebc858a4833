import type { EventDraft } from '@caughtup/schema'
import { createStore, type MessageWriter, type Store } from '@caughtup/store'
import { sqlite } from '@caughtup/store/sqlite'

/** An answer that streams, in a new session or after others. */
export interface Answer {
  sessionId: string
  runId: string
  writer: MessageWriter
}

export function openStore(file: string): Promise<Store> {
  return createStore({ storage: sqlite({ path: file }) })
}

/** Starts a run with a prompt and an open answer, by default in a new session. */
export async function startAnswer(store: Store, n: number, session?: string): Promise<Answer> {
  const sessionId = session ?? (await store.sessions.create({ owner: 'me' })).id
  const [runId, messageId] = [`run-${n}`, `answer-${n}`]
  const metadata = { createdAt: Date.now(), runId }
  const parts = [{ type: 'text' as const, text: 'Tell me more.' }]
  const drafts: EventDraft[] = [
    {
      type: 'run-started',
      runId,
      run: { id: runId, kind: 'agent', status: 'streaming', startedAt: Date.now() },
    },
    {
      type: 'message-created',
      runId,
      message: { id: `prompt-${n}`, role: 'user', parts, metadata, status: 'done' },
    },
    {
      type: 'message-created',
      runId,
      message: { id: messageId, role: 'assistant', parts: [], metadata, status: 'open' },
    },
  ]
  const result = await store.append({ sessionId, guard: { is: 'idle' }, drafts })
  if (result.refused !== undefined) throw new Error(`Run ${runId} was refused: ${result.refused}`)
  return { sessionId, runId, writer: store.writer({ sessionId, runId, messageId }) }
}

/** Ends the answer and its run in one commit. */
export function finishAnswer({ runId, writer }: Answer): Promise<void> {
  return writer.finish({ reason: 'stop' }, [{ type: 'run-ended', runId, reason: 'stop' }])
}
