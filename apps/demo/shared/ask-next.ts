/** Type of the data part in which the guide offers prompts to go on with. */
export const askNextType = 'data-ask-next'

/** A prompt that is sent as it is when it is chosen. */
export interface OfferedPrompt {
  prompt: string
  /** What it leads to, in a few words. */
  hint?: string
}

/** Reads the data of such a part; what is not as expected is left out. */
export function offeredPrompts(data: unknown): OfferedPrompt[] {
  if (typeof data !== 'object' || data === null || !('prompts' in data)) return []
  return Array.isArray(data.prompts) ? data.prompts.filter(isOffered) : []
}

function isOffered(one: unknown): one is OfferedPrompt {
  if (typeof one !== 'object' || one === null) return false
  if (!('prompt' in one) || typeof one.prompt !== 'string') return false
  return !('hint' in one) || typeof one.hint === 'string'
}
