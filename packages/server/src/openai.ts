export { fromChatCompletions } from './adapters/openai/from-chat-completions.ts'
export { fromResponses } from './adapters/openai/from-responses.ts'
export { ProviderError } from './adapters/openai/provider-error.ts'
export type { ProviderStream } from './adapters/openai/provider-events.ts'
export {
  type ChatMessage,
  type ChatMessagesOptions,
  toChatMessages,
} from './adapters/openai/to-chat-messages.ts'
export { type ResponsesInputItem, toResponsesInput } from './adapters/openai/to-responses-input.ts'
