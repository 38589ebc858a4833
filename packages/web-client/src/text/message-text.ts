import type { Message } from '@caughtup/schema'

/**
 * The text of one part of a message, by its index; by default of all its text parts, a blank line between
 * them. Empty if there is none.
 */
export function messageText(message: Message | undefined, part?: number): string {
  const parts = message?.parts ?? []
  if (part === undefined) {
    return parts.flatMap((one) => (one.type === 'text' ? [one.text] : [])).join('\n\n')
  }
  const one = parts[part]
  return one?.type === 'text' || one?.type === 'reasoning' ? one.text : ''
}
