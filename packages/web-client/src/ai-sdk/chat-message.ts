import type { MessageMetadata, PromptPart, QueuedRun } from '@caughtup/schema'
import type { UIMessage } from 'ai'

import type { ViewError } from '../core/errors.ts'
import type { PendingPrompt } from '../outbox/pending-prompts.ts'

/** What a message of a chat says besides its parts. A prompt that was just made has none of it yet. */
export interface ChatMetadata extends Partial<MessageMetadata> {
  /** Of a prompt that is not a message of the session yet. */
  prompt?: {
    /** As in `PendingPrompt`; `waiting` if it is in the session's queue. */
    state: PendingPrompt['state'] | 'waiting'
    /** Of one that waits: for `session.interrupt` and `session.updateQueued`. */
    runId?: string
    /** Why it failed. */
    error?: ViewError
  }
}

/** A message of a session as the AI SDK has it. */
export type ChatMessage = UIMessage<ChatMetadata>

export function messageOfPending({
  messageId,
  parts,
  custom,
  state,
  error,
}: PendingPrompt): ChatMessage {
  const prompt = { state, ...(error && { error }) }
  return promptMessage(messageId, parts, { ...(custom && { custom }), prompt })
}

/** `undefined` for what is not a new prompt. */
export function messageOfQueued(queued: QueuedRun): ChatMessage | undefined {
  if (queued.kind !== 'agent' || queued.retry) return undefined
  const { messageId, parts, custom, runId } = queued
  const prompt = { state: 'waiting' as const, runId }
  return promptMessage(messageId, parts, { ...(custom && { custom }), prompt })
}

function promptMessage(
  id: string,
  parts: readonly PromptPart[],
  metadata: ChatMetadata,
): ChatMessage {
  return { id, role: 'user', parts: [...parts], metadata }
}

/** @throws {TypeError} for a part that a prompt cannot have */
export function promptParts({ parts }: ChatMessage): PromptPart[] {
  return parts.map((part) => {
    if (part.type === 'text') return { type: 'text', text: part.text }
    if (part.type !== 'file') throw new TypeError(`A prompt cannot have a part ${part.type}.`)
    const { mediaType, url, filename } = part
    return { type: 'file', mediaType, url, ...(filename !== undefined && { filename }) }
  })
}
