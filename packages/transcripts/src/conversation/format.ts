import type { Conversation, Heading, Note } from './transcript.ts'

export type TranscriptFormat =
  | 'ui'
  | 'ai-sdk-4'
  | 'model'
  | 'openai'
  | 'responses'
  | 'anthropic'
  | 'claude-code'
  | 'chatgpt'
  | 'claude'
  | 'langchain'
  | 'sharegpt'
  | 'open-webui'
  | 'librechat'

/** What sets a format apart, and how its messages become rows. */
export interface Format {
  /** In words, for people. */
  title: string
  /** Whether a message is of this format and of no other; a plain role and text is of none. */
  isMessage?(message: Readonly<Record<string, unknown>>): boolean
  /** Whether a value is a whole conversation of this format and of no other. */
  isConversation?(value: Readonly<Record<string, unknown>>): boolean
  /** What such a conversation consists of. */
  unfold?(value: Readonly<Record<string, unknown>>, note: Note): Unfolded
  conversation(): Conversation
}

export interface Unfolded extends Heading {
  /** Each is added to a `conversation()`. */
  messages: readonly unknown[]
}
