export { type SessionChatOptions, useSessionChat } from './use-session-chat.ts'
