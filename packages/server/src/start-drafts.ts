import type { EventDraft, MessageDraft, QueuedRun, RunDraft } from '@caughtup/schema'

import type { QueuedPrompt } from './agent-run.ts'
import { boundaryDraft } from './compaction.ts'
import { runEndedDraft } from './execution.ts'

/** What the journal says when a run starts: a reset is over in the same commit. */
export function startDrafts(queued: QueuedRun, answerId: string, now: number): EventDraft[] {
  const started: EventDraft = { type: 'run-started', runId: queued.runId, run: runOf(queued, now) }
  switch (queued.kind) {
    case 'agent':
      return [
        started,
        { type: 'message-created', runId: queued.runId, message: promptMessage(queued, now) },
        { type: 'message-created', runId: queued.runId, message: answer(queued, answerId, now) },
      ]
    case 'compaction':
      return [started]
    case 'reset':
      return [
        started,
        boundaryDraft('reset', queued.trigger),
        runEndedDraft(queued.runId, { reason: 'stop' }),
      ]
  }
}

function runOf(queued: QueuedRun, startedAt: number): RunDraft {
  const run: RunDraft = { id: queued.runId, kind: queued.kind, status: 'streaming', startedAt }
  return queued.kind === 'agent' && queued.model !== undefined
    ? { ...run, model: queued.model }
    : run
}

function promptMessage({ messageId, runId, parts }: QueuedPrompt, createdAt: number): MessageDraft {
  return {
    id: messageId,
    role: 'user',
    status: 'done',
    parts,
    metadata: { createdAt, finishedAt: createdAt, runId },
  }
}

function answer({ runId, model }: QueuedPrompt, id: string, createdAt: number): MessageDraft {
  return {
    id,
    role: 'assistant',
    status: 'open',
    parts: [],
    metadata: { createdAt, runId, ...(model !== undefined && { model }) },
  }
}
