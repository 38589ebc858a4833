import type { AgentUsage, Message, Part } from '@caughtup/schema'

import { approximateTokens } from '../text/tokens.ts'

/** The context window that the guide claims, so that the page's meter has something to measure. */
export const guideContextLimit = 64_000

/** What the guide would send first with each request, were it a model. */
export const guideSystemTokens = 200

/** Roughly the tokens of a conversation, four characters each: reasoning is not sent back. */
export function contextTokens(messages: readonly Message[]): number {
  const texts = messages.flatMap(({ parts }) => parts.map(sentText))
  return guideSystemTokens + texts.reduce((sum, text) => sum + approximateTokens(text), 0)
}

function sentText(part: Part): string {
  if (part.type === 'text') return part.text
  return part.type === 'dynamic-tool' ? JSON.stringify(part) : ''
}

/** One step's usage. The numbers are estimates, made like those of {@link contextTokens}. */
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
