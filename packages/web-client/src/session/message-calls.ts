import type {
  DeclaredOutput,
  HistoryChange,
  ListedVersion,
  PromptPart,
  RetryResult,
  SendResult,
} from '@caughtup/schema'

import type { ClientContext } from '../core/client-context.ts'
import { ChatClientError } from '../core/errors.ts'
import { request } from '../core/request.ts'
import { deliver } from '../outbox/deliver.ts'
import { contentOf, editOf, type Prompt } from '../outbox/prompt.ts'
import type { CallOrder } from './call-order.ts'

/** What a retry or a resend may ask of the model. @default as the answer before */
export interface Asked {
  model?: string
  thinkingLevel?: string
}

/** The answer to a tool call: to one that asks for approval, or to one that a client makes. */
export type CallAnswer =
  | { approved: boolean; reason?: string }
  | { output: DeclaredOutput }
  | { error: string }

/** The calls about single messages and prompts; they reject with a `ChatClientError`. */
export interface MessageCalls {
  /**
   * Answers a prompt again, by default the newest; `messageId` may name the prompt or its answer. What
   * follows the prompt stays as a version. Ends the active run. Repeated over lost connections, and
   * done once.
   */
  retry: (messageId?: string, asked?: Asked) => Promise<RetryResult>
  /** The same with another prompt in place of one, which stays as a version with all after it. */
  resend: (messageId: string, prompt: string | Prompt) => Promise<SendResult>
  /**
   * Answers a tool call of `waiting`: approves or denies it, or gives what it returned here. Each call
   * is answered once; a later answer, also from another device, is a `CONFLICT`.
   */
  respond: (toolCallId: string, answer: CallAnswer) => Promise<{ resumed: boolean }>
  /** Replaces the content of a prompt of `queue`. */
  updateQueued: (
    runId: string,
    content: string | readonly PromptPart[],
  ) => Promise<{ runId: string }>
  /** Shows the version that begins with a message. Refused during a run. */
  choose: (messageId: string) => Promise<HistoryChange>
  /** The versions of which a message is the first of one (see `message.version`), in order. */
  versions: (messageId: string) => Promise<ListedVersion[]>
}

/** Calls that change the session start when the calls of the view before them were answered. */
export function messageCalls(
  context: ClientContext,
  sessionId: string,
  order: CallOrder,
  shownRun: () => string | undefined,
): MessageCalls {
  const { newId, rpc } = context
  const { messages, runs } = rpc
  return {
    async respond(toolCallId, answer) {
      const runId = shownRun()
      if (runId === undefined) throw noRun()
      return request(context, (signal) =>
        runs.respond({ sessionId, runId, toolCallId, ...answer }, { signal }),
      )
    },
    updateQueued: (runId, content) =>
      request(context, (signal) =>
        runs.updateQueued({ sessionId, runId, ...editOf(content) }, { signal }),
      ),
    retry(messageId, asked) {
      const target = messageId === undefined ? {} : { messageId }
      const input = { sessionId, ...target, answerId: newId(), ...asked }
      return order.add(() => deliver(context, (signal) => messages.retry(input, { signal })))
    },
    resend(messageId, prompt) {
      const { messageId: newMessageId = newId(), whenBusy: _, ...content } = contentOf(prompt)
      const input = { sessionId, messageId, newMessageId, ...content }
      return order.add(() => deliver(context, (signal) => messages.resend(input, { signal })))
    },
    choose: (messageId) =>
      order.add(() =>
        request(context, (signal) => messages.choose({ sessionId, messageId }, { signal })),
      ),
    async versions(messageId) {
      const { versions } = await request(context, (signal) =>
        messages.versions({ sessionId, messageId }, { signal }),
      )
      return versions
    },
  }
}

function noRun(): ChatClientError {
  const message = 'The session has no run that waits for an answer.'
  return new ChatClientError({ code: 'CONFLICT', message, data: { reason: 'run-not-waiting' } })
}
