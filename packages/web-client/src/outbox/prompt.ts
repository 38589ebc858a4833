import type { CustomMetadataInput, PromptPart, SendInput } from '@caughtup/schema'

/** A prompt: text, or parts if it has files. */
export type Prompt = ({ text: string } | { parts: readonly PromptPart[] }) & {
  model?: string
  /** How much the model should think, in words that the server's agent understands. */
  thinkingLevel?: string
  /** What your application keeps with the prompt: its message's `metadata.custom`, a JSON object. */
  custom?: CustomMetadataInput
  /**
   * What becomes of it while a run is active: it waits for its turn, or ends the run and comes before
   * those that wait. @default queue
   */
  whenBusy?: NonNullable<SendInput['whenBusy']>
  /** @default a new UUIDv7. Sending the same id twice makes one message. */
  messageId?: string
}

/** The input of every attempt to send a prompt: all have the same id. */
export type PromptInput = SendInput & { messageId: string }

export function promptInput(
  sessionId: string,
  prompt: string | Prompt,
  newId: () => string,
): PromptInput {
  const { messageId = newId(), ...content } = contentOf(prompt)
  return { sessionId, messageId, ...content }
}

/** A prompt as procedures take it, without members that are `undefined`. */
export function contentOf(prompt: string | Prompt) {
  const given: Prompt = typeof prompt === 'string' ? { text: prompt } : prompt
  const { model, thinkingLevel, custom, whenBusy, messageId } = given
  const content = 'parts' in given ? { parts: [...given.parts] } : { text: given.text }
  return {
    ...content,
    ...(messageId !== undefined && { messageId }),
    ...(model !== undefined && { model }),
    ...(thinkingLevel !== undefined && { thinkingLevel }),
    ...(custom !== undefined && { custom }),
    ...(whenBusy !== undefined && { whenBusy }),
  }
}

/** The content of a message or a prompt that is replaced. */
export function editOf(content: string | readonly PromptPart[]) {
  return typeof content === 'string' ? { text: content } : { parts: [...content] }
}
