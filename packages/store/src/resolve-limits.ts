import { defaultLimits, type Limits } from '@caughtup/schema'

import { assertOptions, wholeOrInfinite } from './input/assert-input.ts'

const kinds = Object.fromEntries(
  Object.keys(defaultLimits).map((name) => [name, wholeOrInfinite(1)]),
)

/** @throws CaughtupError `BAD_INPUT` for a limit that does not exist, or is no whole number from 1 on */
export function resolveLimits(limits: Partial<Limits> = {}): Limits {
  assertOptions('limits', limits, kinds)
  const given = Object.entries(limits).filter(([, value]) => value !== undefined)
  return { ...defaultLimits, ...Object.fromEntries(given) }
}
