import type { Message, Part } from '@caughtup/schema'
import { convertToModelMessages, type ModelMessage } from 'ai'

/**
 * Our messages as the model gets them. A summary is told as a user's words: providers differ in
 * what they make of a system message that is not the first.
 */
export function toModelMessages(messages: readonly Message[]): Promise<ModelMessage[]> {
  const prepared = messages.map(({ role, parts }) =>
    role === 'system'
      ? { role: 'user' as const, parts: asSummary(parts) }
      : { role, parts: parts.filter(isForModel) },
  )
  return convertToModelMessages(prepared, {
    // An interrupted answer may end in a call without a result, which providers refuse.
    ignoreIncompleteToolCalls: true,
  })
}

function asSummary(parts: readonly Part[]): Part[] {
  const told: Part = { type: 'text', text: 'Summary of the conversation before this:' }
  return [told, ...parts.filter(isForModel)]
}

/** Reasoning is not sent back: most providers refuse or ignore it. */
function isForModel({ type }: Part): boolean {
  return type !== 'reasoning'
}
