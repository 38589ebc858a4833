import { agentUsage, type ContextUsage, type Usage } from '@caughtup/schema'

import { toUsage } from '../agent/agent-usage.ts'
import type { Summary } from '../host/summarise.ts'

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
