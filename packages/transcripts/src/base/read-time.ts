import { timestamp } from '@caughtup/schema'

/** A larger number is read as milliseconds: as seconds it would be the year 5138. */
const mostSeconds = 1e11

/** A number in the given unit, or an ISO 8601 string, as ms since the epoch; else `undefined`. */
export function readTime(value: unknown, unit: 'ms' | 's'): number | undefined {
  const ms = Math.round(toMs(value, unit))
  return timestamp.safeParse(ms).success ? ms : undefined
}

function toMs(value: unknown, unit: 'ms' | 's'): number {
  if (typeof value === 'number') return unit === 's' && value < mostSeconds ? value * 1000 : value
  return typeof value === 'string' && /^\d{4}-\d\d-\d\d/.test(value) ? Date.parse(value) : NaN
}

/** Members of a message that may hold its time; the first one present counts. */
export const timeMembers = ['created_at', 'created', 'timestamp', 'createdAt'] as const

/** When a message was written, in ms since the epoch; read from seconds, ms or ISO 8601. */
export function messageTime(message: Readonly<Record<string, unknown>>): number | undefined {
  const time = timeMembers.map((name) => message[name]).find((value) => value != null)
  return readTime(time, 's')
}

/** The members of a message except its time, if that could be read. */
export function withoutTime(message: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const isTime = (name: string) => timeMembers.some((member) => member === name)
  const isRead = messageTime(message) !== undefined
  return Object.fromEntries(Object.entries(message).filter(([name]) => !isRead || !isTime(name)))
}
