import type { PromptPart, QueuedRun, SendInput } from '@caughtup/schema'
import type { View } from '@caughtup/schema/fold'

import type { ViewError } from '../core/errors.ts'

/** A prompt that was sent and is not yet seen in the session's messages or queue. */
export interface PendingPrompt {
  messageId: string
  parts: readonly PromptPart[]
  /** Absent while it is under way; set when it failed for good. */
  error?: ViewError
}

/** A prompt from the moment it is sent until it is seen in the session. */
export interface Outgoing {
  readonly input: SendInput & { messageId: string }
  /**
   * Only a replay that began after the answer is sure to contain the prompt: what is not in it
   * (a compaction came between) is not coming any more.
   */
  readonly progress: 'sending' | 'answered' | 'replaying' | 'failed'
  readonly shown: PendingPrompt
}

export function outgoing(input: Outgoing['input']): Outgoing {
  const parts = 'parts' in input ? input.parts : [{ type: 'text' as const, text: input.text }]
  return { input, progress: 'sending', shown: { messageId: input.messageId, parts } }
}

/** A prompt of the same id takes the place of the former one. */
export function withOutgoing(pending: readonly Outgoing[], added: Outgoing): readonly Outgoing[] {
  return [...without(pending, added.input.messageId), added]
}

export function without(pending: readonly Outgoing[], messageId: string): readonly Outgoing[] {
  return keep(pending, ({ input }) => input.messageId !== messageId)
}

export function answered(pending: readonly Outgoing[], messageId: string): readonly Outgoing[] {
  return pending.map((one) =>
    one.input.messageId === messageId ? { ...one, progress: 'answered' } : one,
  )
}

export function failed(
  pending: readonly Outgoing[],
  messageId: string,
  error: ViewError,
): readonly Outgoing[] {
  return pending.map((one) =>
    one.input.messageId === messageId
      ? { ...one, progress: 'failed', shown: { ...one.shown, error } }
      : one,
  )
}

/** A replay begins: it will contain what was answered before it. */
export function replayBegan(pending: readonly Outgoing[]): readonly Outgoing[] {
  if (!pending.some(({ progress }) => progress === 'answered')) return pending
  return pending.map((one) =>
    one.progress === 'answered' ? { ...one, progress: 'replaying' } : one,
  )
}

/** The stream broke before the replay was complete. */
export function replayBroke(pending: readonly Outgoing[]): readonly Outgoing[] {
  if (!pending.some(({ progress }) => progress === 'replaying')) return pending
  return pending.map((one) =>
    one.progress === 'replaying' ? { ...one, progress: 'answered' } : one,
  )
}

export function replayEnded(pending: readonly Outgoing[], view: View): readonly Outgoing[] {
  return keep(pending, (one) => one.progress !== 'replaying' && !isIn(view, one.input.messageId))
}

/** Whether the prompt is a message or in the queue. */
export function isIn(view: View, messageId: string): boolean {
  return (
    view.messages.some(({ id }) => id === messageId) || queuedIds(view.queue).includes(messageId)
  )
}

/** Prompts that are in the queue or are messages by now. */
export function seen(pending: readonly Outgoing[], ids: readonly string[]): readonly Outgoing[] {
  if (pending.length === 0) return pending
  return keep(pending, ({ input }) => !ids.includes(input.messageId))
}

function queuedIds(queue: readonly QueuedRun[]): string[] {
  return queue.flatMap((run) => (run.kind === 'agent' ? [run.messageId] : []))
}

function keep(
  pending: readonly Outgoing[],
  condition: (one: Outgoing) => boolean,
): readonly Outgoing[] {
  return pending.every(condition) ? pending : pending.filter(condition)
}
