import type { ForeignRow } from '../reconcile/foreign-row.ts'

/** `ui`: UI messages of the AI SDK (5 and newer); `openai`: messages of OpenAI's chat completions. */
export type TranscriptFormat = 'ui' | 'openai'

/**
 * What reading a transcript finds, line by line (the first is 1).
 *
 * - `conversation`: one whole conversation; of lines that are messages, at the end of the file
 * - `refused`: a line, or one message of a conversation's line, that is not imported
 * - `note`: something of an imported message that is kept in another form, or not
 * - `torn`: the last line, which ends in the middle and may still grow
 */
export type TranscriptItem =
  | { type: 'conversation'; line: number; title?: string; rows: ForeignRow[] }
  | { type: 'refused' | 'note'; line: number; message: string }
  | { type: 'torn'; line: number }

/** Says what of a message is kept in another form, or not. */
export type Note = (what: string) => void

/** Gathers the messages of one conversation in one format. */
export interface Conversation {
  /**
   * @param bytes - what the message took in its file
   * @throws CaughtupError `BAD_INPUT`, and the conversation is as it was
   */
  add(message: unknown, bytes: number, note: Note): void
  rows(): ForeignRow[]
}

/** A message in the form of a format, which may need several of its own for it. */
export interface WrittenMessage {
  messages: Record<string, unknown>[]
  /** Types of the parts that the format has no place for, one entry for each part. */
  leftOut: string[]
}
