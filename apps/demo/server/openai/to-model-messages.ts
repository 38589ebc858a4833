import type { Message, Part } from '@caughtup/schema'
import { convertToModelMessages, type ModelMessage } from 'ai'

/**
 * Converts our messages for the model. A summary becomes a user message: providers treat a system
 * message that is not the first one differently.
 */
export function toModelMessages(messages: readonly Message[]): Promise<ModelMessage[]> {
  const prepared = messages.map(({ role, parts }) =>
    role === 'system'
      ? { role: 'user' as const, parts: asSummary(parts) }
      : { role, parts: parts.filter(isForModel) },
  )
  return convertToModelMessages(prepared, {
    // An interrupted answer may end with a call without a result, which providers reject.
    ignoreIncompleteToolCalls: true,
  })
}

function asSummary(parts: readonly Part[]): Part[] {
  const heading: Part = { type: 'text', text: 'Summary of the conversation so far:' }
  return [heading, ...parts.filter(isForModel)]
}

/** Reasoning is not sent back: most providers reject or ignore it. */
function isForModel({ type }: Part): boolean {
  return type !== 'reasoning'
}
