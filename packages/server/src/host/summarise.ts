import {
  type AgentUsage,
  agentUsage,
  type ContextUsage,
  type Message,
  type Usage,
} from '@caughtup/schema'

import { toUsage } from '../agent/agent-usage.ts'
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

/** A summary as it is kept. */
export interface WrittenSummary extends Omit<Summary, 'usage'> {
  usage?: Usage
}

export function readSummary(summary: Summary | string): WrittenSummary {
  if (typeof summary === 'string') return { text: summary }
  const { usage, ...rest } = summary
  return { ...rest, ...(usage && { usage: toUsage(agentUsage.parse(usage)) }) }
}

/**
 * The context after a compaction: what always comes first and the summary's own tokens. Nothing where
 * those are not known; system tokens and reasoning tokens that nobody names count as none.
 */
export function estimateContext(summary: WrittenSummary, limit?: number): ContextUsage | undefined {
  const contextUsage = summary.contextUsage ?? estimated(summary)
  return contextUsage && { ...(limit !== undefined && { limit }), ...contextUsage }
}

function estimated({ usage, systemTokens = 0 }: WrittenSummary): ContextUsage | undefined {
  if (usage?.outputTokens === undefined) return undefined
  const written = Math.max(0, usage.outputTokens - (usage.reasoningTokens ?? 0))
  return { tokens: systemTokens + written, estimated: true }
}
