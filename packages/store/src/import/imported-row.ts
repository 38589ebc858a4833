import type { Message, MessageMetadata, Part } from '@caughtup/schema'

/** One message of a transcript from another system. */
export interface ImportedRow {
  /**
   * Its id in the transcript, in any form, of at most 1,000 characters. If it is not a valid message id,
   * the message gets another one, and `metadata.foreign.id` keeps this. A row without an id is
   * identified by its content; see `identify`.
   */
  id?: string
  role: Message['role']
  parts: readonly Part[]
  /** In ms since the epoch. @default `metadata.createdAt`, or else the time of the import */
  createdAt?: number
  /** Its other metadata, except runs and boundaries, which belong to their own session. */
  metadata?: Partial<Omit<MessageMetadata, 'runId' | 'boundary'>>
  /**
   * `false` if it may still grow. Only the last row can: a row followed by another is complete.
   *
   * @default true
   */
  complete?: boolean
}
