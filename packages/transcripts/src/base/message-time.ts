import { readTime } from './read-time.ts'

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
