import type { ImportedRow } from '@caughtup/store'

import type { TranscriptFormat } from './format.ts'

/**
 * What reading a transcript finds, by the line where it begins (the first is 1).
 *
 * - `conversation`: one whole conversation; of messages that have none of their own, at the end
 * - `refused`: a message, or a line that is none, that is not imported
 * - `lost`: something of an imported message that is not kept
 * - `note`: something of an imported message that is kept in another form, or left out by design
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

/** What a transcript says of a conversation as a whole. */
export interface Heading {
  title?: string
  /** In ms since the epoch. */
  createdAt?: number
}

/** Is told what becomes of the parts of a transcript that a message here has no like of. */
export interface Note {
  /** Kept in another form, or left out by design. */
  kept(what: string): void
  /** Not kept. */
  lost(what: string): void
}

/** Gathers the messages of one conversation in one format. */
export interface Conversation {
  /**
   * @param bytes - what the message took in its file
   * @throws CaughtupError `BAD_INPUT`, and the conversation is as it was
   */
  add(message: unknown, bytes: number, note: Note): void
  rows(note: Note): ImportedRow[]
  /** What messages said of the whole. */
  heading?(): Heading
}

/** A message in the form of a format, which may need several of its own for it. */
export interface WrittenMessage {
  messages: Record<string, unknown>[]
  /** Types of the parts that the format has no place for, one entry for each part. */
  leftOut: string[]
}
