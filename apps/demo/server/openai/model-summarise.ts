import type { Message } from '@caughtup/schema'
import type { Summarise } from '@caughtup/server'
import { generateText, type LanguageModel } from 'ai'

import { messageText } from '../../shared/message-text.ts'
import { approximateTokens } from '../text/tokens.ts'
import { instructions, summaryInstructions } from './instructions.ts'

/** Longest transcript to send, in characters (its end): about 50,000 tokens, which most models take. */
const mostCharacters = 200_000

/** Lets the language model write the summary of a compaction. */
export function summariseByModel(model: LanguageModel): Summarise {
  return async ({ messages, signal }) => {
    const { text, usage } = await generateText({
      model,
      instructions: summaryInstructions,
      prompt: transcript(messages),
      abortSignal: signal,
    })
    return {
      text,
      model: typeof model === 'string' ? model : model.modelId,
      systemTokens: approximateTokens(instructions),
      usage,
    }
  }
}

function transcript(messages: readonly Message[]): string {
  return messages
    .map((message) => `${message.role}: ${messageText(message)}`)
    .join('\n\n')
    .slice(-mostCharacters)
}
