import type { EventDraft, MessageDraft, QueuedRun, RunDraft } from '@caughtup/schema'

import type { QueuedPrompt } from './agent-run.ts'
import { boundaryDraft } from '../epochs/compaction.ts'
import { runEndedDraft } from '../runs/run-execution.ts'

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
  const { kind, runId: id } = queued
  const run: RunDraft = { id, kind, status: 'streaming', startedAt }
  return queued.kind === 'agent' ? { ...run, ...askedOf(queued) } : run
}

function promptMessage(prompt: QueuedPrompt, createdAt: number): MessageDraft {
  const { messageId, runId, parts, author } = prompt
  return {
    id: messageId,
    role: 'user',
    status: 'done',
    parts,
    metadata: {
      createdAt,
      finishedAt: createdAt,
      runId,
      ...(author !== undefined && { author }),
    },
  }
}

function answer(prompt: QueuedPrompt, id: string, createdAt: number): MessageDraft {
  return {
    id,
    role: 'assistant',
    status: 'open',
    parts: [],
    metadata: { createdAt, runId: prompt.runId, ...askedOf(prompt) },
  }
}

/** What a prompt asks of the model, where it does. */
function askedOf({
  model,
  thinkingLevel,
}: QueuedPrompt): Pick<QueuedPrompt, 'model' | 'thinkingLevel'> {
  return {
    ...(model !== undefined && { model }),
    ...(thinkingLevel !== undefined && { thinkingLevel }),
  }
}
