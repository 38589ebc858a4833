import type { ContextUsage, Message, Usage } from '@caughtup/schema'

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
  /** Tokens that writing it took. */
  usage?: Usage
  /** The model that wrote it, for the totals per model. */
  model?: string
  /** Tokens of the system prompt and tools that come before it in the next request. */
  systemTokens?: number
  /** Size of the context from here on. @default estimated from `systemTokens` and `usage` */
  contextUsage?: ContextUsage
}

/**
 * The context after a compaction: what always comes first and the summary's own tokens. Nothing
 * where a summand is missing; a provider that names no reasoning tokens used none.
 */
export function estimateContext(summary: Summary): ContextUsage | undefined {
  if (summary.contextUsage) return summary.contextUsage
  const output = summary.usage?.outputTokens
  if (summary.systemTokens === undefined || output === undefined) return undefined
  const reasoning = summary.usage?.reasoningTokens ?? 0
  return { tokens: summary.systemTokens + Math.max(0, output - reasoning), estimated: true }
}
