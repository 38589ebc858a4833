import type { Message } from '@caughtup/schema'

/** What a message says, without its reasoning, tools and files. */
export function messageText(message: Pick<Message, 'parts'>): string {
  return message.parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n\n')
}
