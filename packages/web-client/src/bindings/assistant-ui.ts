export type { AppendedMessage } from './assistant-ui/prompt-parts.ts'
export type { ShownMessage } from './assistant-ui/shown-message.ts'
export { type AssistantSession, useAssistantSession } from './assistant-ui/use-assistant-session.ts'
