import type { Message, Part } from '@caughtup/schema'

import { isRecord } from '../base/values.ts'
import type { WrittenMessage } from '../conversation/transcript.ts'
import { openAiMessages } from './openai/openai-messages.ts'

/** Formats that can also be written. */
export type WrittenFormat = 'ui' | 'openai'

/** A message in a transcript's format: each of `messages` is the JSON of one line. */
export function writeMessage(message: Message, format: WrittenFormat): WrittenMessage {
  switch (format) {
    case 'ui':
      return uiMessage(message)
    case 'openai':
      return openAiMessages(message)
  }
}

/** A message as a UI message of the AI SDK; parts that were unknown when read are written as they came. */
function uiMessage({ id, role, parts, metadata }: Message): WrittenMessage {
  return { messages: [{ id, role, parts: parts.map(original), metadata }], leftOut: [] }
}

function original(part: Part): unknown {
  return part.type === 'data-ui-part' && 'data' in part && isRecord(part.data) ? part.data : part
}
