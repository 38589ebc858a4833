import type { ContextUsage } from '@caughtup/schema'
import type { ComponentProps } from 'react'

import { useTexts } from '../ui/ui-provider.tsx'

export interface ContextMeterProps extends ComponentProps<'span'> {
  /** `contextUsage` of a session's snapshot. */
  usage: ContextUsage
  /** The share of the limit from which it counts as nearly full. @default 0.8 */
  nearlyFull?: number
}

/**
 * How full the model's context is. A `<span role="meter">` where a limit is known, with the share of it as
 * `--share` (0 to 1) for a bar, and `data-nearly-full`. It shows the number of tokens, or its children.
 */
export function ContextMeter({
  usage,
  nearlyFull = 0.8,
  style,
  children,
  ...props
}: ContextMeterProps) {
  const { contextMeter, contextTokens } = useTexts().status
  const { tokens, limit, estimated = false } = usage
  const text = contextTokens(tokens, limit, estimated)
  if (limit === undefined) {
    return (
      <span title={text} style={style} {...props}>
        {children ?? text}
      </span>
    )
  }
  const share = Math.min(tokens / limit, 1)
  return (
    <span
      // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- a <meter> shows no children
      role="meter"
      aria-label={contextMeter}
      aria-valuemin={0}
      aria-valuemax={limit}
      aria-valuenow={Math.min(tokens, limit)}
      aria-valuetext={text}
      title={text}
      data-nearly-full={share >= nearlyFull || undefined}
      style={{ ...style, ['--share' as string]: share }}
      {...props}
    >
      {children ?? text}
    </span>
  )
}
