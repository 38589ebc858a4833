import type { Message } from '@caughtup/schema'

import { openAiMessages } from './openai/openai-messages.ts'
import type { TranscriptFormat, WrittenMessage } from './transcript.ts'
import { uiMessage } from './ui/ui-message.ts'

/** A message as it stands in a transcript: each of `messages` is the JSON of one line. */
export function writeMessage(message: Message, format: TranscriptFormat): WrittenMessage {
  switch (format) {
    case 'ui':
      return uiMessage(message)
    case 'openai':
      return openAiMessages(message)
  }
}
