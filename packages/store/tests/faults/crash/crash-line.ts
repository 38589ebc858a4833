import type { Message } from '@caughtup/schema'

/**
 * What the program that is killed says, as JSON, before it goes on. A message is a text here, to
 * which everything that is done to it only adds: see `trace`.
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

/** The message as a text that grows with everything that is done to it; nothing where there is none. */
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
