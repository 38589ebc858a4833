import { addUsage, type AgentPart, type AgentUsage } from '@caughtup/schema'
import type { ContextUsage, Usage } from '@caughtup/schema'

type StepEnd = Extract<AgentPart, { type: 'finish-step' }>
type StreamEnd = Extract<AgentPart, { type: 'finish' }>

/** Adds up the usage that an agent's stream reports; the sum so far is available at any time. */
export class UsageTally {
  #total: Usage | undefined
  /** Of the newest step, whose request is the model's whole context. */
  #newest: Usage | undefined
  #limit: number | undefined
  #taken: Usage = {}

  constructor(contextLimit: number | undefined) {
    this.#limit = contextLimit
  }

  step({ usage }: StepEnd): void {
    if (!usage) return
    this.#newest = toUsage(usage)
    this.#total = addUsage(this.#total ?? {}, this.#newest)
  }

  /** The sum so far, which later ones leave out: it is written. */
  take(): { usage?: Usage; contextUsage?: ContextUsage } {
    const known = this.known()
    if (known.usage) this.#taken = addUsage(this.#taken, known.usage)
    this.#total = undefined
    return known
  }

  finish({ totalUsage, usage, contextLimit }: StreamEnd): void {
    this.#limit = contextLimit ?? this.#limit
    const total = totalUsage ?? usage
    const last = usage ?? totalUsage
    // The stream's total has what is written, too.
    if (total) this.#total = withoutUsage(toUsage(total), this.#taken)
    if (last) this.#newest ??= toUsage(last)
  }

  /** Unknown fields are absent. */
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

/** Converts usage from the AI SDK's form to the stored one. */
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

function withoutUsage(total: Usage, taken: Usage): Usage {
  const rest: Usage = { ...total }
  for (const field of keysOf(taken)) {
    rest[field] = Math.max(0, (total[field] ?? 0) - (taken[field] ?? 0))
  }
  return rest
}

function keysOf(usage: Usage): (keyof Usage)[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- its own keys
  return Object.keys(usage) as (keyof Usage)[]
}
