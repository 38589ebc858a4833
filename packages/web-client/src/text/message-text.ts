import type { Message } from '@caughtup/schema'

/**
 * The text of all text parts of a message, a blank line between them, or of one part, by its index. Empty if
 * there is none.
 */
export function messageText(
  message: Message | undefined,
  // Not the index itself, which `messages.map(messageText)` would pass.
  { part }: { part?: number | undefined } = {},
): string {
  const parts = message?.parts ?? []
  if (part === undefined) {
    return parts.flatMap((one) => (one.type === 'text' ? [one.text] : [])).join('\n\n')
  }
  const one = parts[part]
  return one?.type === 'text' || one?.type === 'reasoning' ? one.text : ''
}
