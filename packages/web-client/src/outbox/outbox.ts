import type { CustomMetadataInput, PromptPart, QueuedRun } from '@caughtup/schema'
import type { View } from '@caughtup/schema/fold'

import type { ViewError } from '../core/errors.ts'
import type { PromptInput } from './prompt.ts'

/** A prompt that was sent and is not yet seen in the session's messages or queue. */
export interface PendingPrompt {
  messageId: string
  parts: readonly PromptPart[]
  custom?: CustomMetadataInput
  /** Absent while it is under way; set when it failed for good. */
  error?: ViewError
}

/** The prompts of one session from the moment they are sent until they are seen in it, in order. */
export type Outbox = readonly OutboxEntry[]

interface OutboxEntry {
  readonly input: PromptInput
  /**
   * An answered prompt is in every replay that begins after the answer. If such a replay lacks it (a
   * compaction came between), it will not come any more, so `replaying` marks these.
   */
  readonly progress: 'sending' | 'answered' | 'replaying' | 'failed'
  readonly shown: PendingPrompt
}

/** Adds a prompt; it replaces one with the same id. */
export function addPrompt(outbox: Outbox, input: PromptInput): Outbox {
  const { messageId, custom } = input
  const parts = 'parts' in input ? input.parts : [{ type: 'text' as const, text: input.text }]
  const shown = { messageId, parts, ...(custom && { custom }) }
  const added: OutboxEntry = { input, progress: 'sending', shown }
  return [...removePrompt(outbox, messageId), added]
}

export function removePrompt(outbox: Outbox, messageId: string): Outbox {
  return removeSeen(outbox, [messageId])
}

/** Removes the prompts that are in the queue or are messages by now. */
export function removeSeen(outbox: Outbox, messageIds: readonly string[]): Outbox {
  return keep(outbox, ({ input }) => !messageIds.includes(input.messageId))
}

export function markAnswered(outbox: Outbox, messageId: string): Outbox {
  return outbox.map((entry) =>
    entry.input.messageId === messageId ? { ...entry, progress: 'answered' } : entry,
  )
}

export function markFailed(outbox: Outbox, messageId: string, error: ViewError): Outbox {
  return outbox.map((entry) =>
    entry.input.messageId === messageId
      ? { ...entry, progress: 'failed', shown: { ...entry.shown, error } }
      : entry,
  )
}

/** A replay begins: it will contain what was answered before it. */
export function replayBegan(outbox: Outbox): Outbox {
  return advance(outbox, 'answered', 'replaying')
}

/** The stream broke before the replay was complete. */
export function replayBroke(outbox: Outbox): Outbox {
  return advance(outbox, 'replaying', 'answered')
}

export function replayEnded(outbox: Outbox, view: View): Outbox {
  return keep(
    outbox,
    ({ input, progress }) => progress !== 'replaying' && !isInSession(view, input.messageId),
  )
}

/** Whether the prompt is a message or in the queue. */
export function isInSession({ messages, queue }: View, messageId: string): boolean {
  return messages.some(({ id }) => id === messageId) || queuedIds(queue).includes(messageId)
}

function queuedIds(queue: readonly QueuedRun[]): string[] {
  return queue.flatMap((run) => (run.kind === 'agent' ? [run.messageId] : []))
}

function advance(
  outbox: Outbox,
  from: OutboxEntry['progress'],
  to: OutboxEntry['progress'],
): Outbox {
  if (!outbox.some(({ progress }) => progress === from)) return outbox
  return outbox.map((entry) => (entry.progress === from ? { ...entry, progress: to } : entry))
}

/** The same array if nothing is removed, so that what did not change keeps its identity. */
function keep(outbox: Outbox, condition: (entry: OutboxEntry) => boolean): Outbox {
  return outbox.every(condition) ? outbox : outbox.filter(condition)
}
