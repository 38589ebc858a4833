import type { PromptPart } from '@caughtup/schema'

/** A prompt in one line: its text, and the names of its files. */
export function promptText(parts: readonly PromptPart[]): string {
  return parts
    .map((part) => (part.type === 'text' ? part.text : (part.filename ?? 'a file')))
    .join(' ')
}
