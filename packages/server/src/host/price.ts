import {
  addModels,
  addUsage,
  type Cost,
  otherModels,
  preview,
  subtractUsage,
  type Usage,
  type UsageLedger,
} from '@caughtup/schema'
import type { OnError } from '@caughtup/store'

/**
 * What a model's usage costs, in the host's currency; `undefined` if its prices are unknown. The input
 * read from the cache (`cachedInputTokens`) and written to it (`cacheWriteTokens`) is a part of
 * `inputTokens`. Usage of which the model is unknown is asked for as `other`.
 */
export type Price = (model: string, usage: Usage) => number | undefined

/** Adds its cost to a ledger, or to what extends one. */
export type Priced = <L extends Pick<UsageLedger, 'totals' | 'models' | 'cost'>>(ledger: L) => L

/** Without prices, ledgers stay as they are. */
export function pricedBy(price: Price | undefined, onError: OnError): Priced {
  if (!price) return (ledger) => ledger
  return (ledger) => ({ ...ledger, cost: costOf(ledger, price, onError) })
}

/** A ledger keeps tokens alone, so that its cost follows the prices of today. */
function costOf(
  { totals, models = {} }: Pick<UsageLedger, 'totals' | 'models'>,
  price: Price,
  onError: OnError,
): Cost {
  const named = Object.values(models).reduce<Usage>(addUsage, {})
  const rest = subtractUsage(totals, named)
  const all = Object.keys(rest).length > 0 ? addModels(models, { [otherModels]: rest }) : models
  let amount = 0
  const unpriced: string[] = []
  for (const [model, usage] of Object.entries(all)) {
    const cost = costOfModel(model, usage, price, onError)
    if (cost === undefined) unpriced.push(model)
    else amount += cost
  }
  return { amount, ...(unpriced.length > 0 && { unpriced }) }
}

/** A price function that fails costs the amount, not the answer that it belongs to. */
function costOfModel(
  model: string,
  usage: Usage,
  price: Price,
  onError: OnError,
): number | undefined {
  try {
    const cost = price(model, usage)
    if (cost === undefined || Number.isFinite(cost)) return cost
    throw new TypeError(`The price of ${model} must be a number, not ${preview(cost)}.`)
  } catch (error) {
    onError(error, 'pricing a usage')
    return undefined
  }
}
