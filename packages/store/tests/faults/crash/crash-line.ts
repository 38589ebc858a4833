import type { Message } from '@caughtup/schema'

/**
 * A line of JSON that the program writes before it continues. A message is represented by a text to
 * which every change appends; see `trace`.
 *
 * - `gave`: this is being added to a message
 * - `kept`: all that was given of the message is acknowledged
 * - `changing`, `changed`: the message as a whole becomes `into`, and that is acknowledged
 * - `committing`, `committed`: the database is called, and has returned
 */
export type CrashLine = { at: number } & (
  | { did: 'gave'; session: string; message: string; text: string }
  | { did: 'kept'; message: string }
  | { did: 'changing'; message: string; into: string }
  | { did: 'changed'; message: string }
  | { did: 'committing' | 'committed' }
)

/** The message as a text to which every change appends; empty if there is no message. */
export function trace(message: Message | undefined): string {
  if (!message) return ''
  const parts = message.parts.map((part) => {
    if (part.type === 'text') return part.text
    if (part.type === 'reasoning') return `<${part.text}`
    if (part.type !== 'dynamic-tool') return `[${part.type}]`
    return `{${part.toolCallId}${part.state === 'output-available' ? '}' : ''}`
  })
  return `^${parts.join('')}${message.status === 'done' ? '.' : ''}`
}
