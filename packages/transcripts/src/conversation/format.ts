import type { Conversation, Heading, Note } from './transcript.ts'

/** How a format is recognised, and how its messages become rows. */
export interface Format {
  /** A name for people. */
  title: string
  /** Whether a message can only be of this format; a bare role and text fits several. */
  isMessage?(message: Readonly<Record<string, unknown>>): boolean
  /** Whether a value can only be a whole conversation of this format. */
  isConversation?(value: Readonly<Record<string, unknown>>): boolean
  /** The messages of such a conversation. */
  unfold?(value: Readonly<Record<string, unknown>>, note: Note): Unfolded
  conversation(): Conversation
}

export interface Unfolded extends Heading {
  /** To be added to a `conversation()`. */
  messages: readonly unknown[]
}
