import type { PromptPart } from '@caughtup/schema'

import type { QueuedPrompt } from '../agent/agent-run.ts'
import type { Settings } from '../host/server-options.ts'

/** The content of a prompt or an edit, and the member of the input that holds it. */
export function contentOf(input: { text: string } | { parts: PromptPart[] }): {
  parts: PromptPart[]
  field: 'text' | 'parts'
} {
  return 'text' in input
    ? { parts: [{ type: 'text', text: input.text }], field: 'text' }
    : { parts: input.parts, field: 'parts' }
}

/** What the host keeps with a prompt. */
export function keptOf({ custom }: Pick<QueuedPrompt, 'custom'>): Pick<QueuedPrompt, 'custom'> {
  return custom === undefined ? {} : { custom }
}

/** What a prompt asks of the model; without a model, it asks for the server's. */
export function askedOf(
  { model, thinkingLevel }: Pick<QueuedPrompt, 'model' | 'thinkingLevel'>,
  settings: Pick<Settings, 'model'>,
): Pick<QueuedPrompt, 'model' | 'thinkingLevel'> {
  const named = model ?? settings.model
  return {
    ...(named !== undefined && { model: named }),
    ...(thinkingLevel !== undefined && { thinkingLevel }),
  }
}
