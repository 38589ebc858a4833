import type { Agent } from '@caughtup/server'
import {
  fromChatCompletions,
  fromResponses,
  toChatMessages,
  toResponsesInput,
} from '@caughtup/server/openai'
import type { OpenAI } from 'openai'

const model = 'gpt-5.2'

/** On chat completions, with OpenAI's own client. */
export const onChatCompletions =
  (openai: OpenAI): Agent =>
  ({ messages: said, signal }) => {
    const messages = toChatMessages(said)
    return fromChatCompletions(
      openai.chat.completions.create({ model, messages, stream: true }, { signal }),
    )
  }

/** On Responses, with OpenAI's own client. */
export const onResponses =
  (openai: OpenAI): Agent =>
  ({ messages: said, signal }) => {
    const input = toResponsesInput(said)
    return fromResponses(openai.responses.create({ model, input, stream: true }, { signal }))
  }
