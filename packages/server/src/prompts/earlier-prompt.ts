import { isDeepStrictEqual } from 'node:util'

import { CaughtupError, type PromptPart, type SendResult } from '@caughtup/schema'
import type { Store } from '@caughtup/store'

/**
 * The result of an earlier call that sent this prompt, as of now.
 *
 * @throws CaughtupError `CONFLICT` (`message-id-reused`) if the id is that of another message
 */
export async function earlierPrompt(
  store: Store,
  sessionId: string,
  { messageId, parts }: { messageId: string; parts: readonly PromptPart[] },
): Promise<SendResult | undefined> {
  const { head } = await store.head(sessionId)
  // A retry names a prompt that is in the session already.
  const waiting = head.queue.find(
    (run) => run.kind === 'agent' && run.messageId === messageId && !run.retry,
  )
  if (waiting?.kind === 'agent') {
    if (!isDeepStrictEqual(waiting.parts, parts)) throw idReused('messageId', messageId)
    return { messageId, runId: waiting.runId, queued: true }
  }
  const message = await store.message(sessionId, messageId)
  if (!message) return undefined
  const { runId } = message.metadata
  if (message.role !== 'user' || runId === undefined || !isDeepStrictEqual(message.parts, parts)) {
    throw idReused('messageId', messageId)
  }
  return { messageId, runId, queued: false }
}

export function idReused(field: string, value: string): CaughtupError {
  return new CaughtupError(
    'CONFLICT',
    `The message id ${value} is already used for another message.`,
    {
      field,
      value,
      reason: 'message-id-reused',
    },
  )
}

/** For a message that was removed, or that is hidden. */
export function messageGone(field: string, value: string): CaughtupError {
  return new CaughtupError('CONFLICT', `Message ${value} was removed from the session.`, {
    field,
    value,
    reason: 'message-gone',
  })
}
