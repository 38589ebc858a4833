import type { Message } from '@caughtup/schema'

/** What a message says, without its reasoning and tool calls. */
export function messageText({ parts }: Pick<Message, 'parts'>): string {
  return parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n\n')
}
