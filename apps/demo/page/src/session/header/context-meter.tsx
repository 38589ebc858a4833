import type { ContextUsage } from '@caughtup/schema'

import { compactNumber, wholeNumber } from '../../format/number.ts'

/** The share from which the meter warns: there is still room for an answer, or to compact. */
const nearlyFull = 0.8

export function ContextMeter({ usage }: { usage: ContextUsage }) {
  const { tokens, limit, estimated } = usage
  const approx = estimated ? '≈ ' : ''
  const text = `${approx}${compactNumber(tokens)}${limit ? ` / ${compactNumber(limit)}` : ''}`
  const title = `Context: ${approx}${wholeNumber(tokens)}${limit ? ` of ${wholeNumber(limit)}` : ''} tokens`
  const share = limit ? Math.min(tokens / limit, 1) : undefined
  return (
    <span className="flex shrink-0 items-center gap-1.5 tabular-nums" title={title}>
      {share !== undefined && (
        <>
          <meter className="sr-only" aria-label="Context used" max={limit} value={tokens}>
            {title}
          </meter>
          <span aria-hidden className="h-1.5 w-9 overflow-hidden sm:w-14 rounded-full bg-border">
            <span
              className={`block h-full rounded-full ${share >= nearlyFull ? 'bg-warning' : 'bg-primary'}`}
              style={{ width: `${share * 100}%` }}
            />
          </span>
        </>
      )}
      {text}
    </span>
  )
}
