import type { SendResult } from '@caughtup/schema'

import type { Decision, KeptPrompt } from './kept-prompt.ts'

/**
 * Where a client keeps the prompts of one user until the server has answered. Only `list` and `change`
 * are required; the rest is for several clients over one store, as in several tabs.
 *
 * A store that rejects is not used again: the client goes on in memory, and its prompts have `kept: false`.
 * `outboxStoreCases` of `@caughtup/web-client/testing` tests an implementation.
 */
export interface OutboxStore {
  /** All prompts, in the order in which they were first kept. */
  list(): Promise<readonly KeptPrompt[]>
  /**
   * Reads the prompt with this `input.messageId`, calls `decide` once with it, and keeps what that returns
   * or, if that is nothing, removes the prompt; as one step, between which and its end no other change
   * of the prompt comes, whoever makes it. A changed prompt keeps its place. Resolves when it is safe.
   */
  change(messageId: string, decide: Decision): Promise<void>
  /** Tells the other clients that prompts changed, or with which answer one is about to be removed. */
  announce?(sent?: SendResult): void
  /** Calls the listener when another client announced something; returns the unsubscribe. */
  watch?(listener: (sent?: SendResult) => void): () => void
  /**
   * Runs the task while no other client runs one for this session; a client that is gone runs none. Rejects
   * when the signal aborts while it waits. Without it, clients may send a prompt at the same time, which
   * makes one message.
   */
  lock?<T>(sessionId: string, signal: AbortSignal, task: () => Promise<T>): Promise<T>
  /** Releases what the store holds. It may be used again. */
  close?(): void
}
