import type { AgentUsage, Message, Part } from '@caughtup/schema'

import { approximateTokens } from '../text/tokens.ts'

/** The context window that the guide claims, so that the page's meter has a limit to show. */
export const guideContextLimit = 64_000

/** Tokens of the system prompt that the guide would send if it were a model. */
export const guideSystemTokens = 200

/** An estimate of a conversation's tokens. Reasoning does not count: it is not sent back. */
export function contextTokens(messages: readonly Message[]): number {
  const texts = messages.flatMap(({ parts }) => parts.map(sentText))
  return guideSystemTokens + texts.reduce((sum, text) => sum + approximateTokens(text), 0)
}

function sentText(part: Part): string {
  if (part.type === 'text') return part.text
  return part.type === 'dynamic-tool' ? JSON.stringify(part) : ''
}

/** One step's usage, from estimates like those of {@link contextTokens}. */
export function stepUsage(tokens: {
  input: number
  reasoning: number
  output: number
}): AgentUsage & { inputTokens: number; outputTokens: number } {
  const outputTokens = tokens.output + tokens.reasoning
  return {
    inputTokens: tokens.input,
    outputTokens,
    totalTokens: tokens.input + outputTokens,
    outputTokenDetails: { reasoningTokens: tokens.reasoning },
  }
}
