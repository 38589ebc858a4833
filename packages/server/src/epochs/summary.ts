import { agentUsage, type ContextUsage, type Usage } from '@caughtup/schema'

import { toUsage } from '../agent/agent-usage.ts'
import type { Summary } from '../host/summarise.ts'

/** A summary with its usage in the stored form. */
export interface WrittenSummary extends Omit<Summary, 'usage'> {
  usage?: Usage
}

export function readSummary(summary: Summary | string): WrittenSummary {
  if (typeof summary === 'string') return { text: summary }
  const { usage, ...rest } = summary
  return { ...rest, ...(usage && { usage: toUsage(agentUsage.parse(usage)) }) }
}

/**
 * Estimates the context after a compaction: the system's tokens plus those of the summary. Undefined if
 * the summary's tokens are unknown; unknown system and reasoning tokens count as 0.
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
