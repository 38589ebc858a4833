import type { Message } from '@caughtup/schema'

/** The text parts of a message, one paragraph each: no reasoning, tool calls or files. */
export function messageText({ parts }: Pick<Message, 'parts'>): string {
  return parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n\n')
}
