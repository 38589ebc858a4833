import type { PromptPart, SendResult } from '@caughtup/schema'

import type { ClientContext } from '../core/client-context.ts'
import { dismiss, edit } from '../outbox/kept-prompt.ts'
import type { OpenOutbox } from '../outbox/outbox.ts'
import { type Prompt, promptInput } from '../outbox/prompt.ts'
import type { CallOrder } from './call-order.ts'

/** The calls about prompts that are `pending`; they reject with a `ChatClientError`. */
export interface PromptCalls {
  /**
   * Sends a prompt, which is in `pending` at once and until it is seen in the session. Prompts of a session
   * arrive once and in order, over lost connections, busy servers and, with the option `outbox`, reloads.
   *
   * Resolves when the server has it, however long there is no network; also if another tab sent it. Rejects
   * if it failed for good: it stays in `pending` with its `error`. Rejects with `CANCELLED` if it was removed
   * before it was sent, and with `NETWORK` when the client is closed: what an `outbox` keeps is sent
   * all the same, by the next client.
   */
  send: (prompt: string | Prompt) => Promise<SendResult>
  /**
   * Sends a prompt that failed again, under its own id and in its place. Resolves and rejects as `send` does;
   * with `undefined` if it has not failed.
   */
  retryPending: (messageId: string) => Promise<SendResult | undefined>
  /**
   * Replaces the content of a prompt of `pending` that is `queued` or `failed` (which stays so). Resolves with
   * false, and changes nothing, if the server may have it. Rejects if the change cannot be stored.
   */
  updatePending: (messageId: string, content: string | readonly PromptPart[]) => Promise<boolean>
  /**
   * Removes a prompt of `pending` that is `queued` or `failed`: once this resolves with true, it is not sent any
   * more. Resolves with false, and removes nothing, if the server may have it. Rejects if the change cannot
   * be stored.
   */
  dismissPending: (messageId: string) => Promise<boolean>
}

export function promptCalls(
  context: ClientContext,
  sessionId: string,
  order: CallOrder,
  outbox: OpenOutbox,
): PromptCalls {
  return {
    send(prompt) {
      const input = promptInput(sessionId, prompt, context.newId)
      return order.addAtOnce((before) => outbox.send(input, before))
    },
    async retryPending(messageId) {
      const failed = outbox.of(sessionId).find(({ input, state }) => {
        return state === 'failed' && input.messageId === messageId
      })
      return failed && outbox.send(failed.input)
    },
    async updatePending(messageId, content) {
      const { after } = await outbox.decide(messageId, edit(content))
      return after !== undefined && after.state !== 'sending'
    },
    async dismissPending(messageId) {
      const { before, after } = await outbox.decide(messageId, dismiss)
      // The promise of `send` need not wait for the next attempt.
      context.wakeUp.ring()
      return before !== undefined && !after
    },
  }
}
