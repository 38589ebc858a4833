import type { AgentUsage, ContextUsage, Message } from '@caughtup/schema'

import type { PrincipalId } from './principal.ts'

/** Writes the summary that opens the next epoch. */
export type Summarise = (context: SummariseContext) => Promise<Summary | string>

export interface SummariseContext {
  sessionId: string
  runId: string
  /** The newest epoch, oldest message first, as an agent would get it. */
  messages: Message[]
  /** Who asked for the compaction, as {@link AgentContext.principal}: `{ id }` alone. */
  principal?: PrincipalId
  /** Aborted when the compaction is interrupted; a summary returned after that is dropped. */
  signal: AbortSignal
}

export interface Summary {
  text: string
  /** Tokens that writing it took, as the AI SDK reports them; an invalid count counts as unknown. */
  usage?: AgentUsage
  /** The model that wrote it, for the totals per model. */
  model?: string
  /** Tokens of the system prompt and tools that precede it in the next request. @default 0 */
  systemTokens?: number
  /**
   * Size of the context after the compaction. Without a `limit`, the known limit stays.
   * @default `systemTokens` plus the `outputTokens` of `usage` minus its `reasoningTokens`
   */
  contextUsage?: ContextUsage
}
