export type { PromptOptions } from './chat-calls.ts'
export type { ChatMessage, ChatMetadata } from './chat-message.ts'
export { type FollowingChat, followSession } from './follow-session.ts'
export { SessionTransport } from './session-transport.ts'
