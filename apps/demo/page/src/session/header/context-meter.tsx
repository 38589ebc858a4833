import { ContextMeter as Meter } from '@caughtup/react-ui'
import type { ContextUsage } from '@caughtup/schema'

import { compactNumber } from '../../format/number.ts'

export function ContextMeter({ usage }: { usage: ContextUsage }) {
  const { tokens, limit, estimated } = usage
  return (
    <Meter usage={usage} className="group/meter flex shrink-0 items-center gap-1.5 tabular-nums">
      {limit !== undefined && (
        <span aria-hidden className="h-1.5 w-9 overflow-hidden sm:w-14 rounded-full bg-border">
          <span className="block h-full w-[calc(var(--share)*100%)] rounded-full bg-primary group-data-nearly-full/meter:bg-warning" />
        </span>
      )}
      <span aria-hidden>
        {estimated ? '≈ ' : ''}
        {compactNumber(tokens)}
        {limit ? ` / ${compactNumber(limit)}` : ''}
      </span>
    </Meter>
  )
}
