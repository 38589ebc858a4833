import type { MessageDraft } from '@caughtup/schema'
import { v7 as uuid } from 'uuid'

import type { QueuedPrompt } from './agent-run.ts'

/** A prompt as it enters the session. */
export function promptMessage(prompt: QueuedPrompt, createdAt: number): MessageDraft {
  const { messageId, runId, parts, custom } = prompt
  return {
    id: messageId,
    role: 'user',
    status: 'done',
    parts,
    metadata: {
      createdAt,
      finishedAt: createdAt,
      runId,
      ...authored(prompt),
      ...(custom && { custom }),
    },
  }
}

/** The open answer to a prompt. */
export function answerMessage(
  prompt: Pick<QueuedPrompt, 'runId' | 'answerId' | 'model' | 'thinkingLevel'>,
  createdAt: number,
): MessageDraft {
  return {
    id: prompt.answerId ?? uuid(),
    role: 'assistant',
    status: 'open',
    parts: [],
    metadata: { createdAt, runId: prompt.runId, ...askedOf(prompt) },
  }
}

export function authored({ author }: QueuedPrompt): Pick<QueuedPrompt, 'author'> {
  return author === undefined ? {} : { author }
}

/** The fields of a prompt that choose the model and how much it thinks. */
export function askedOf({
  model,
  thinkingLevel,
}: Pick<QueuedPrompt, 'model' | 'thinkingLevel'>): Pick<QueuedPrompt, 'model' | 'thinkingLevel'> {
  return {
    ...(model !== undefined && { model }),
    ...(thinkingLevel !== undefined && { thinkingLevel }),
  }
}
