import * as z from 'zod'

import { count } from '../base/id.ts'
import type { SchemaOf } from '../base/schema-of.ts'

const usageObject = z.object({
  inputTokens: count.exactOptional(),
  outputTokens: count.exactOptional(),
  reasoningTokens: count.exactOptional(),
  /** Input read from the provider's cache; a part of `inputTokens`. */
  cachedInputTokens: count.exactOptional(),
  /** Input written to the provider's cache, which some providers bill separately; a part of `inputTokens`. */
  cacheWriteTokens: count.exactOptional(),
  totalTokens: count.exactOptional(),
})
/** Tokens of one request, or of several in sum. A count that no provider reported is absent. */
export interface Usage extends z.infer<typeof usageObject> {}
export const usage: SchemaOf<Usage> = usageObject

const costObject = z.object({
  /** In the host's currency, by its prices when this was sent. */
  amount: z.number(),
  /** Models without a price, whose usage the amount lacks. Usage of unknown models is of `other`. */
  unpriced: z.array(z.string()).exactOptional(),
})
/** What a usage costs. */
export interface Cost extends z.infer<typeof costObject> {}
const cost: SchemaOf<Cost> = costObject

/** The members of a ledger, for schemas that extend one. */
export const ledgerMembers = {
  version: count,
  totals: usage,
  /** The part of `totals` that each model used, as far as reported. */
  models: z.record(z.string(), usage).exactOptional(),
  /** Added by a server that knows prices, and never stored. */
  cost: cost.exactOptional(),
}
const usageLedgerObject = z.object(ledgerMembers)
/** What a session has used so far. Of two ledgers, the one with the higher version is current. */
export interface UsageLedger extends z.infer<typeof usageLedgerObject> {}
export const usageLedger: SchemaOf<UsageLedger> = usageLedgerObject

const epochUsageObject = z.object({
  epoch: count,
  totals: usage,
  models: ledgerMembers.models,
  cost: cost.exactOptional(),
})
/** What a session used in one epoch. Of all epochs together, it is the session's ledger. */
export interface EpochUsage extends z.infer<typeof epochUsageObject> {}
export const epochUsage: SchemaOf<EpochUsage> = epochUsageObject

const contextUsageObject = z.object({
  tokens: count,
  /** Size of the model's context window in tokens, if known. */
  limit: count.exactOptional(),
  /** True if computed after a compaction, instead of reported by the provider. */
  estimated: z.boolean().exactOptional(),
})
/** How full the model's context is after the newest request. */
export interface ContextUsage extends z.infer<typeof contextUsageObject> {}
export const contextUsage: SchemaOf<ContextUsage> = contextUsageObject

const fields = usageObject.keyof().options

/** The sum of two usages, field by field, up to the greatest safe integer. */
export function addUsage(a: Usage, b: Usage): Usage {
  const sum: Usage = {}
  for (const field of fields) {
    if (a[field] === undefined && b[field] === undefined) continue
    sum[field] = Math.min((a[field] ?? 0) + (b[field] ?? 0), Number.MAX_SAFE_INTEGER)
  }
  return sum
}

/** What is left of a usage without another one, field by field; fields without a rest are absent. */
export function subtractUsage(a: Usage, b: Usage): Usage {
  const rest: Usage = {}
  for (const field of fields) {
    const left = (a[field] ?? 0) - (b[field] ?? 0)
    if (left > 0) rest[field] = left
  }
  return rest
}

/**
 * Models that a ledger lists; the usage of others is counted under `otherModels`. A bound, because
 * every usage event and every replay carries the whole list.
 */
const mostModels = 100
export const otherModels = 'other'

/** The usage of each model after `added`. */
export function addModels(
  models: Readonly<Record<string, Usage>>,
  added: Readonly<Record<string, Usage>>,
): Record<string, Usage> {
  const sum = new Map(Object.entries(models))
  for (const [model, used] of Object.entries(added)) {
    const name = sum.has(model) || sum.size < mostModels ? model : otherModels
    sum.set(name, addUsage(sum.get(name) ?? {}, used))
  }
  return Object.fromEntries(sum)
}
