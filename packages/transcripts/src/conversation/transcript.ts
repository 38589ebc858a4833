import type { ImportedRow } from '@caughtup/store'

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

/**
 * One result of reading a transcript, with the line where it begins (the first is 1).
 *
 * - `conversation`: a whole conversation; the one of bare messages comes at the end
 * - `refused`: a message, or a line that is not one, that is not imported
 * - `lost`: a member of an imported message that is dropped
 * - `note`: a part of an imported message that is kept in another form, or left out by design
 * - `torn`: the last line, which ends in the middle and may still grow
 */
export type TranscriptItem =
  | ({ type: 'conversation'; line: number } & ReadConversation)
  | { type: 'refused' | 'lost' | 'note'; line: number; message: string }
  | { type: 'torn'; line: number }

export interface ReadConversation extends Heading {
  format: TranscriptFormat
  rows: ImportedRow[]
}

/** A conversation's own metadata. */
export interface Heading {
  title?: string
  /** In ms since the epoch. */
  createdAt?: number
}

/** Receives remarks about parts of a transcript that have no counterpart in a message here. */
export interface Note {
  /** Something is kept in another form, or left out by design. */
  kept(what: string): void
  /** Something is dropped. */
  lost(what: string): void
}

/** Turns the messages of one conversation in one format into rows. */
export interface Conversation {
  /**
   * @param bytes - the message's size in its file
   * @throws CaughtupError `BAD_INPUT`, leaving the conversation unchanged
   */
  add(message: unknown, bytes: number, note: Note): void
  rows(note: Note): ImportedRow[]
  /** Metadata of the conversation that its messages carry. */
  heading?(): Heading
}

/** A message in another format, which may need several messages for it. */
export interface WrittenMessage {
  messages: Record<string, unknown>[]
  /** Types of the parts that the format cannot hold, one entry for each part. */
  leftOut: string[]
}
