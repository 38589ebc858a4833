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

/** Members of a message that say when it was written, the first that is there. */
export const timeMembers = ['created_at', 'created', 'timestamp', 'createdAt'] as const

/** When a message was written, by whichever of these members it has; seconds, ms or ISO 8601. */
export function messageTime(message: Readonly<Record<string, unknown>>): number | undefined {
  const time = timeMembers.map((name) => message[name]).find((value) => value != null)
  return readTime(time, 's')
}

/** The members that do not say when it was written. */
export function withoutTime(message: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const isTime = (name: string) => timeMembers.some((member) => member === name)
  const isRead = messageTime(message) !== undefined
  return Object.fromEntries(Object.entries(message).filter(([name]) => !isRead || !isTime(name)))
}
