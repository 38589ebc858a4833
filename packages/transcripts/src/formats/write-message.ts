import type { Message } from '@caughtup/schema'

import { openAiMessages } from './openai/openai-messages.ts'
import { uiMessage } from './ai-sdk/ui-message.ts'
import type { WrittenMessage } from '../conversation/transcript.ts'

/** Formats that are written too. */
export type WrittenFormat = 'ui' | 'openai'

/** A message as it stands in a transcript: each of `messages` is the JSON of one line. */
export function writeMessage(message: Message, format: WrittenFormat): WrittenMessage {
  switch (format) {
    case 'ui':
      return uiMessage(message)
    case 'openai':
      return openAiMessages(message)
  }
}
