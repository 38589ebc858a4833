import { timestamp } from '@caughtup/schema'

/** Above this a number of seconds is taken for milliseconds: it would be the year 5138. */
const mostSeconds = 1e11

/** A number in the given unit or an ISO 8601 text, as ms since the epoch; else `undefined`. */
export function readTime(value: unknown, unit: 'ms' | 's'): number | undefined {
  const ms = Math.round(toMs(value, unit))
  return timestamp.safeParse(ms).success ? ms : undefined
}

function toMs(value: unknown, unit: 'ms' | 's'): number {
  if (typeof value === 'number') return unit === 's' && value < mostSeconds ? value * 1000 : value
  return typeof value === 'string' && /^\d{4}-\d\d-\d\d/.test(value) ? Date.parse(value) : NaN
}
