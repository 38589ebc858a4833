import type { SendResult } from '@caughtup/schema'

import { toViewError } from '../core/errors.ts'
import { repeat } from './deliver.ts'
import { type Decided, type Decision, fail, keep, type KeptPrompt, remove } from './kept-prompt.ts'
import type { OpenOutbox, OutboxHost } from './outbox.ts'
import type { PromptInput } from './prompt.ts'
import { sendPrompt } from './send-prompt.ts'

/** Keeps prompts as long as the page lives. A view sends its prompts in their order. */
export function memoryOutbox(host: OutboxHost): OpenOutbox {
  const { context } = host
  const prompts = new Map<string, KeptPrompt>()
  const sending = new Map<string, Promise<SendResult>>()

  function change(messageId: string, decide: Decision): Decided {
    const before = prompts.get(messageId)
    const after = decide(before)
    if (after) prompts.set(messageId, after)
    else prompts.delete(messageId)
    const { input } = after ?? before ?? {}
    if (input) host.changed(input.sessionId)
    return { before, after }
  }

  async function deliver({ sessionId, messageId }: PromptInput): Promise<SendResult> {
    try {
      const result = await repeat(context, (failures) =>
        sendPrompt(host, sessionId, failures > 0, (decision) => change(messageId, decision)),
      )
      host.answered(sessionId, messageId)
      change(messageId, remove)
      return result
    } catch (cause) {
      if (!context.closed.aborted) change(messageId, fail(toViewError(cause)))
      throw cause
    } finally {
      sending.delete(messageId)
    }
  }

  return {
    of: (sessionId) => [...prompts.values()].filter(({ input }) => input.sessionId === sessionId),
    send(input, before = Promise.resolve()) {
      const { messageId } = input
      change(messageId, keep(input))
      const sent = sending.get(messageId) ?? before.then(() => deliver(input))
      sending.set(messageId, sent)
      return sent
    },
    decide: async (messageId, decision) => change(messageId, decision),
  }
}
