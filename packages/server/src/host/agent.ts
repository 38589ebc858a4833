import type { AgentPart, IgnoredAgentPart, Message } from '@caughtup/schema'

import type { Principal } from './principal.ts'

/**
 * Writes one answer: a function from a run's context to the AI SDK's text stream parts, so that
 * `streamText(…).fullStream` can be returned as it is.
 *
 * It belongs to the run and to no request: a closed tab never stops it, an interruption does, also
 * when it ignores its signal. What it throws, and an `error` part, end the run with reason `error`
 * and keep what was written. Of an error, a tool's too, clients see the words of a `CaughtupError` or
 * those that `describeError` gives; all others have neutral words, and go to `onError` whole.
 */
export type Agent = (context: AgentContext) => AgentStream | Promise<AgentStream>

/** Part types that are not stored are passed over; a malformed part ends the run with an error. */
export type AgentStream = AsyncIterable<AgentPart | IgnoredAgentPart>

export interface AgentContext {
  sessionId: string
  runId: string
  /**
   * What the model is to see, oldest first, `prompt` last: the newest epoch, its summary first.
   * Notices, empty messages and messages that are still open are left out, and every tool call has an
   * answer, so that it is valid for `convertToModelMessages` and `streamText`. A summary is a message
   * of role `system`: give `streamText` the option `allowSystemInMessages: true`.
   */
  messages: Message[]
  /** The user message that this run answers. */
  prompt: Message
  /** The model that the prompt asked for, else the server's default. */
  model?: string
  /** How much the model is to think, in the words of the prompt; absent where it says nothing. */
  thinkingLevel?: string
  /**
   * Who sent the prompt, by the id that is kept with it: always `{ id }` alone, because the prompt may
   * have waited since before a restart. What else your `principal` function knows of the caller
   * (a tenant, a key), look up by that id. Absent for prompts that your own code put into the queue
   * without an `author`.
   */
  principal?: Principal
  /** Aborted when the run was ended from outside: interrupted, its session deleted, taken for lost. */
  signal: AbortSignal
}
