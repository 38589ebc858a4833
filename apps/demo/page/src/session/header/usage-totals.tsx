import type { UsageLedger } from '@caughtup/schema'

import { compactNumber, wholeNumber } from '../../format/number.ts'

const shares = [
  ['inputTokens', 'in'],
  ['cachedInputTokens', 'of them cached'],
  ['outputTokens', 'out'],
  ['reasoningTokens', 'of them reasoning'],
] as const

/** The tokens that the session has used: the sum, with its shares on hover. */
export function UsageTotals({ usage }: { usage: UsageLedger }) {
  const { totals } = usage
  const sum = totals.totalTokens ?? (totals.inputTokens ?? 0) + (totals.outputTokens ?? 0)
  if (sum === 0) return null
  const parts = shares.flatMap(([field, name]) => {
    const tokens = totals[field]
    return tokens === undefined ? [] : [`${wholeNumber(tokens)} ${name}`]
  })
  return (
    <span className="tabular-nums max-md:hidden" title={parts.join(', ')}>
      {compactNumber(sum)} tokens used
    </span>
  )
}
