import type { SendResult } from '@caughtup/schema'

import { retryWait, waitToRetry } from '../core/retry.ts'
import type { Outgoing } from './outbox.ts'
import { request } from '../core/request.ts'
import { isPermanentError, toViewError } from '../core/errors.ts'
import type { ClientContext } from '../core/client-context.ts'

/** Attempts to deliver one prompt; each waits for its answer, and there are pauses between them. */
const mostAttempts = 8

/**
 * Sends a prompt until it is answered. Every attempt carries the same `messageId`, so that the
 * prompt is in the session once, however many of them arrived.
 *
 * @throws {ChatClientError} a permanent error at once, any other after the last attempt
 */
export async function deliverPrompt(
  context: ClientContext,
  input: Outgoing['input'],
): Promise<SendResult> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await request(context, (signal) => context.rpc.messages.send(input, { signal }))
    } catch (cause) {
      const error = toViewError(cause)
      if (context.closed.aborted || isPermanentError(error) || attempt === mostAttempts) throw cause
      const wait = retryWait(attempt, error, context.reconnect, context.random)
      try {
        await waitToRetry(context, wait, context.closed)
      } catch {
        // The client was closed: what failed last is what there is to say.
        throw cause
      }
    }
  }
}
