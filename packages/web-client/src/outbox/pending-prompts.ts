import type { CustomMetadataInput, PromptPart, QueuedRun } from '@caughtup/schema'
import type { View } from '@caughtup/schema/fold'

import type { ViewError } from '../core/errors.ts'
import { keepItems } from '../core/keep-identity.ts'
import type { KeptPrompt } from './kept-prompt.ts'

/** A prompt that was sent and is not yet seen in the session's messages or queue. */
export interface PendingPrompt {
  messageId: string
  parts: readonly PromptPart[]
  custom?: CustomMetadataInput
  /**
   * - `queued`: waits for the network, for the server or for its turn; it can be changed or removed
   * - `sending`: the server may have it, but its answer has not come
   * - `sent`: the server has it
   * - `failed`: refused for good, see `error`; it can be sent again, changed or removed
   */
  state: 'queued' | 'sending' | 'sent' | 'failed'
  /** Why it failed. */
  error?: ViewError
  /** Whether it outlives the page. Always false without the option `outbox`, and if the store fails. */
  kept: boolean
}

/** A prompt of the outbox, and whether it outlives the page. */
export interface OutboxPrompt extends KeptPrompt {
  readonly kept?: boolean
}

/** The prompts of one session from the moment they are sent until they are seen in it, in order. */
export type PendingPrompts = readonly PendingEntry[]

interface PendingEntry {
  /**
   * An answered prompt is in every replay that begins after the answer. If such a replay lacks it (a
   * compaction came between), it will not come any more, so `replaying` marks these.
   */
  readonly progress: 'unanswered' | 'answered' | 'replaying'
  readonly prompt: OutboxPrompt
  readonly shown: PendingPrompt
}

/** Shows what the outbox has of the session, besides what was answered and is not yet seen. */
export function showOutbox(
  pending: PendingPrompts,
  prompts: readonly OutboxPrompt[],
  view: View,
): PendingPrompts {
  const answered = pending.filter(({ progress }) => progress !== 'unanswered')
  const unanswered = prompts.flatMap((prompt) => {
    const { messageId } = prompt.input
    const known = pending.find(({ shown }) => shown.messageId === messageId)
    const isOver = (known && answered.includes(known)) || isInSession(view, messageId)
    if (isOver) return []
    return known?.prompt === prompt ? known : entryOf(prompt)
  })
  return keepItems(pending, [...answered, ...unanswered])
}

function entryOf(prompt: OutboxPrompt): PendingEntry {
  const { input, state, error, kept = false } = prompt
  const { messageId, custom } = input
  const parts = 'parts' in input ? input.parts : [{ type: 'text' as const, text: input.text }]
  const shown = {
    messageId,
    parts,
    ...(custom && { custom }),
    state,
    ...(error && { error }),
    kept,
  }
  return { progress: 'unanswered', prompt, shown }
}

/** Removes the prompts that are in the queue or are messages by now. */
export function removeSeen(pending: PendingPrompts, messageIds: readonly string[]): PendingPrompts {
  return keepIf(pending, ({ shown }) => !messageIds.includes(shown.messageId))
}

export function markAnswered(pending: PendingPrompts, messageId: string): PendingPrompts {
  return pending.map((entry) =>
    entry.shown.messageId === messageId
      ? { ...entry, progress: 'answered', shown: { ...entry.shown, state: 'sent' } }
      : entry,
  )
}

/** A replay begins: it will contain what was answered before it. */
export function replayBegan(pending: PendingPrompts): PendingPrompts {
  return advance(pending, 'answered', 'replaying')
}

/** The stream broke before the replay was complete. */
export function replayBroke(pending: PendingPrompts): PendingPrompts {
  return advance(pending, 'replaying', 'answered')
}

export function replayEnded(pending: PendingPrompts, view: View): PendingPrompts {
  return keepIf(
    pending,
    ({ shown, progress }) => progress !== 'replaying' && !isInSession(view, shown.messageId),
  )
}

/** Whether the prompt is a message or in the queue. */
function isInSession({ messages, queue }: View, messageId: string): boolean {
  return messages.some(({ id }) => id === messageId) || queuedIds(queue).includes(messageId)
}

function queuedIds(queue: readonly QueuedRun[]): string[] {
  return queue.flatMap((run) => (run.kind === 'agent' ? [run.messageId] : []))
}

function advance(
  pending: PendingPrompts,
  from: PendingEntry['progress'],
  to: PendingEntry['progress'],
): PendingPrompts {
  if (!pending.some(({ progress }) => progress === from)) return pending
  return pending.map((entry) => (entry.progress === from ? { ...entry, progress: to } : entry))
}

/** The same array if nothing is removed, so that what did not change keeps its identity. */
function keepIf(
  pending: PendingPrompts,
  condition: (entry: PendingEntry) => boolean,
): PendingPrompts {
  return pending.every(condition) ? pending : pending.filter(condition)
}
