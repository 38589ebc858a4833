import type { PromptPart, SendInput } from '@caughtup/schema'

import type { QueuedPrompt } from '../agent/agent-run.ts'
import { declaredObject } from '../host/declared.ts'
import type { Settings } from '../host/server-options.ts'
import { assertCustom } from './prompt-limits.ts'

/** The content of a prompt or an edit, and the member of the input that holds it. */
export function contentOf(input: { text: string } | { parts: PromptPart[] }): {
  parts: PromptPart[]
  field: 'text' | 'parts'
} {
  return 'text' in input
    ? { parts: [{ type: 'text', text: input.text }], field: 'text' }
    : { parts: input.parts, field: 'parts' }
}

/**
 * What the host keeps with a prompt, as it declares it.
 *
 * @throws CaughtupError `BAD_INPUT` for what does not fit the declaration or `limits.metadataBytes`
 */
export async function keptOf(
  { custom }: Pick<SendInput, 'custom'>,
  { schemas, limits }: Pick<Settings, 'schemas' | 'limits'>,
): Promise<Pick<QueuedPrompt, 'custom'>> {
  if (custom === undefined) return {}
  const kept = await declaredObject(schemas.messageMetadata, custom, 'custom')
  assertCustom(kept, limits)
  return { custom: kept }
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
