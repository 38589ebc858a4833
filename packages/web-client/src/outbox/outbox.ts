import type { SendResult } from '@caughtup/schema'

import type { ClientContext } from '../core/client-context.ts'
import type { Decided, Decision } from './kept-prompt.ts'
import type { OutboxPrompt } from './pending-prompts.ts'
import type { PromptInput } from './prompt.ts'

/**
 * The option `outbox` of a client: where its prompts are kept until the server has answered. Made by
 * `indexedDbOutbox` or `storedOutbox`.
 */
export type Outbox = (host: OutboxHost) => OpenOutbox

/** The client of an outbox. */
export interface OutboxHost {
  readonly context: ClientContext
  /** What the outbox has of the session changed. */
  changed(sessionId: string): void
  /** The server has the prompt. */
  answered(sessionId: string, messageId: string): void
  /** Whether nothing tells that the server cannot be reached. */
  isConnected(sessionId: string): boolean
}

/** An outbox in use by one client, until that is closed. */
export interface OpenOutbox {
  /** The prompts of a session that have no answer yet, in order. */
  of(sessionId: string): readonly OutboxPrompt[]
  /**
   * Sends a prompt, also one that is there and failed. `before` ends with the calls that have to reach the
   * server first.
   */
  send(input: PromptInput, before?: Promise<unknown>): Promise<SendResult>
  /** Makes a decision of a person: rejects, so that it does not count, if it cannot be kept. */
  decide(messageId: string, decision: Decision): Promise<Decided>
}
