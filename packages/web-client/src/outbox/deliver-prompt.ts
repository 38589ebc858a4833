import type { SendResult } from '@caughtup/schema'

import type { ClientContext } from '../core/client-context.ts'
import { isPermanentError, toViewError } from '../core/errors.ts'
import { request } from '../core/request.ts'
import { retryWait, waitToRetry } from '../core/retry.ts'
import type { PromptInput } from './prompt.ts'

/**
 * Attempts to deliver one prompt. With the default delays the waits between them take 13 s on average,
 * 26 s at most: enough for a server to restart, and soon enough to tell the user that it did not.
 */
const maxAttempts = 8

/**
 * Sends a prompt until it is answered. Every attempt carries the same `messageId`, so that the
 * session contains the prompt once, however many attempts arrived.
 *
 * @throws {ChatClientError} a permanent error at once, any other after the last attempt
 */
export async function deliverPrompt(
  context: ClientContext,
  input: PromptInput,
): Promise<SendResult> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await request(context, (signal) => context.rpc.messages.send(input, { signal }))
    } catch (cause) {
      const error = toViewError(cause)
      if (context.closed.aborted || isPermanentError(error) || attempt === maxAttempts) throw cause
      const wait = retryWait(attempt, error, context.reconnect, context.random)
      try {
        await waitToRetry(context, wait, context.closed)
      } catch {
        // The client was closed: the last attempt's error says more than that.
        throw cause
      }
    }
  }
}
