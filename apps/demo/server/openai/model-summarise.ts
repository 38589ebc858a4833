import type { Message } from '@caughtup/schema'
import type { Summarise } from '@caughtup/server'
import { generateText, type LanguageModel } from 'ai'

import { messageText } from '../../shared/message-text.ts'
import { approximateTokens } from '../text/tokens.ts'
import { instructions, summaryInstructions } from './instructions.ts'

/** Characters of the transcript that is sent; of a longer one, its newest part. */
const mostCharacters = 200_000

/** Has the language model write a compaction's summary. */
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
