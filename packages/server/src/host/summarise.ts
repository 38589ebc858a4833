import type { AgentUsage, ContextUsage, Message } from '@caughtup/schema'

import type { Principal } from './principal.ts'

/** Writes the summary with which a compaction opens the next epoch. */
export type Summarise = (context: SummariseContext) => Promise<Summary | string>

export interface SummariseContext {
  sessionId: string
  runId: string
  /** The newest epoch, oldest first, as an agent would get it. */
  messages: Message[]
  /** Who asked for the compaction, as {@link AgentContext.principal}: `{ id }` alone. */
  principal?: Principal
  /** Aborted when the compaction was interrupted; what is returned then is dropped. */
  signal: AbortSignal
}

export interface Summary {
  text: string
  /** Tokens that writing it took, as the AI SDK reports them; a count that is not one is not known. */
  usage?: AgentUsage
  /** The model that wrote it, for the totals per model. */
  model?: string
  /** Tokens of the system prompt and tools that come before it in the next request. @default 0 */
  systemTokens?: number
  /**
   * Size of the context from here on. Without a `limit`, it keeps the one that is known.
   * @default `systemTokens`, and the `outputTokens` of `usage` less its `reasoningTokens`
   */
  contextUsage?: ContextUsage
}
