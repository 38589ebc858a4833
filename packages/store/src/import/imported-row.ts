import type { Message, MessageMetadata, Part } from '@caughtup/schema'

/** One message of a transcript that was written elsewhere. */
export interface ImportedRow {
  /**
   * Its id over there, of any form, at most 1,000 characters; where that cannot be a message's id,
   * the message has another one and `metadata.foreign.id` keeps it. Without an id the row is known
   * by its content; see `identify`.
   */
  id?: string
  role: Message['role']
  parts: readonly Part[]
  /** In ms since the epoch. @default `metadata.createdAt`, as messages have it; else now */
  createdAt?: number
  /** What else is known of it. Runs and boundaries stay where they happened. */
  metadata?: Partial<Omit<MessageMetadata, 'runId' | 'boundary'>>
  /**
   * `false` when it may still grow. That is believed of the last row only: what another follows
   * has ended.
   *
   * @default true
   */
  complete?: boolean
}
