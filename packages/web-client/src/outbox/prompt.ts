import type { PromptPart, SendInput } from '@caughtup/schema'
import { v7 as uuid } from 'uuid'

/** A prompt: text, or parts where it has files. */
export type Prompt = ({ text: string } | { parts: readonly PromptPart[] }) & {
  model?: string
  /** How much the model is to think, in words that the server's agent knows. */
  thinkingLevel?: string
  /** @default a new UUIDv7. The same id twice is one message. */
  messageId?: string
}

/** The prompt as it is sent, every time under the same id. */
export function promptInput(
  sessionId: string,
  prompt: string | Prompt,
): SendInput & { messageId: string } {
  const given: Prompt = typeof prompt === 'string' ? { text: prompt } : prompt
  const { model, thinkingLevel, messageId = uuid() } = given
  const content = 'parts' in given ? { parts: [...given.parts] } : { text: given.text }
  return {
    sessionId,
    messageId,
    ...content,
    ...(model !== undefined && { model }),
    ...(thinkingLevel !== undefined && { thinkingLevel }),
  }
}
