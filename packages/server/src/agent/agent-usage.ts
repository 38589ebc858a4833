import { addUsage, type AgentPart, type AgentUsage } from '@caughtup/schema'
import type { ContextUsage, Usage } from '@caughtup/schema'

type StepEnd = Extract<AgentPart, { type: 'finish-step' }>
type StreamEnd = Extract<AgentPart, { type: 'finish' }>

/** Adds up what an agent's stream says of its usage; at any moment it can tell what is known. */
export class UsageTally {
  #total: Usage | undefined
  /** Of the newest step: its request is what the model's context holds. */
  #newest: Usage | undefined
  #limit: number | undefined

  constructor(contextLimit: number | undefined) {
    this.#limit = contextLimit
  }

  step({ usage }: StepEnd): void {
    if (!usage) return
    this.#newest = toUsage(usage)
    this.#total = addUsage(this.#total ?? {}, this.#newest)
  }

  finish({ totalUsage, usage, contextLimit }: StreamEnd): void {
    this.#limit = contextLimit ?? this.#limit
    const total = totalUsage ?? usage
    const last = usage ?? totalUsage
    if (total) this.#total = toUsage(total)
    if (last) this.#newest ??= toUsage(last)
  }

  /** Fields that nothing is known of are absent. */
  known(): { usage?: Usage; contextUsage?: ContextUsage } {
    const { inputTokens, outputTokens } = this.#newest ?? {}
    const limit = this.#limit
    return {
      ...(this.#total && { usage: this.#total }),
      ...(inputTokens !== undefined &&
        outputTokens !== undefined && {
          contextUsage: {
            tokens: Math.min(inputTokens + outputTokens, Number.MAX_SAFE_INTEGER),
            ...(limit !== undefined && { limit }),
          },
        }),
    }
  }
}

/** Usage as it is kept, from how the AI SDK reports it. */
export function toUsage(usage: AgentUsage): Usage {
  const fields = {
    inputTokens: usage.inputTokens,
    outputTokens: usage.outputTokens,
    reasoningTokens: usage.outputTokenDetails?.reasoningTokens ?? usage.reasoningTokens,
    cachedInputTokens: usage.inputTokenDetails?.cacheReadTokens ?? usage.cachedInputTokens,
    cacheWriteTokens: usage.inputTokenDetails?.cacheWriteTokens,
    totalTokens: usage.totalTokens,
  }
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
