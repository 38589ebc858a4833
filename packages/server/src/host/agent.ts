import type { AgentPart, IgnoredAgentPart, Message } from '@caughtup/schema'

import type { PrincipalId } from './principal.ts'

/**
 * Writes one answer: a function from a run's context to the AI SDK's text stream parts, so that it
 * can return `streamText(…).stream` as it is.
 *
 * It belongs to a run, not to a request: closing a tab never stops it. An interruption does, even if
 * it ignores its signal. An error that it throws, or yields as an `error` part, ends the run with
 * reason `error`; the text so far is kept. Clients see an error's message (a tool's too) only if it
 * is a `CaughtupError` or if `describeError` supplies one; `onError` gets the whole error.
 *
 * If the stream ends with a tool call that has to be approved or that has no result (a client makes
 * it), the run waits, without a process, until every call of its answer has an answer
 * (`runs.respond`). Then the agent is started again.
 */
export type Agent = (context: AgentContext) => AgentStream | Promise<AgentStream>

/**
 * Parts of types that are not stored are ignored; a malformed part ends the run with an error.
 * `message-metadata` adds to the answer's `metadata.custom`, of each key the newest value.
 */
export type AgentStream = AsyncIterable<AgentPart | IgnoredAgentPart>

export interface AgentContext {
  sessionId: string
  runId: string
  /**
   * The model's context, oldest message first: the newest epoch, from its summary to `prompt`.
   * Notices, empty messages and open messages are left out, and every tool call has a result, so it
   * is valid for `convertToModelMessages` and `streamText`. A summary is a message of role `system`:
   * give `streamText` the option `allowSystemInMessages: true`.
   *
   * When the run goes on in its own answer, that is the last message. It ends with tool calls that were
   * answered while the run waited (an approval, a result of a client), or, with an `attempt` above 1,
   * where the text of a lost process ends.
   */
  messages: Message[]
  /** The user message that this run answers. */
  prompt: Message
  /** One more than how often the run's process was lost and another one continued it. */
  attempt: number
  /** The model that the prompt asked for, else the server's default. */
  model?: string
  /** How much the model should think, as the prompt says it; absent if it does not. */
  thinkingLevel?: string
  /**
   * Who sent the prompt. It has only the `id`, which is stored with the prompt, because the prompt may
   * have been queued before a restart; look up anything else (a tenant, a key) by that id. Absent for
   * prompts that your own code queued without an `author`.
   */
  principal?: PrincipalId
  /**
   * Tells all who are watching the session something of the moment, such as "searching …": `name` has 1
   * to 64 characters, `data` a JSON form of at most `limits.signalBytes`. Nothing keeps it; a client that
   * is slow gets the newest of each name, one that is not connected none. It is sent at once, so it may
   * overtake text that was yielded shortly before. Does nothing once the run is over.
   *
   * @throws CaughtupError `BAD_INPUT`; `LIMIT_EXCEEDED` for more than `limits.signalsPerMinute` of the run
   */
  emit: (name: string, data: unknown) => void
  /**
   * Takes the prompts that were sent with `whenBusy: 'steer'`, in their order; `[]` if there are none.
   * The answer so far ends before them, and the agent's next parts go into a new message behind them.
   * What is never taken is answered next.
   *
   * With `streamText`, call it from `prepareStep` with the step's number, and give the model what it
   * returns; it waits until what the steps before have yielded is written. Without a number it takes
   * them at once, for agents that have yielded all that they have.
   */
  steer: (stepNumber?: number) => Promise<Message[]>
  /** Aborted when the run ends from outside: interrupted, presumed lost, or its session deleted. */
  signal: AbortSignal
}
