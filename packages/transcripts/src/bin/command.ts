import type { TranscriptFormat } from '../conversation/format.ts'
import type { WrittenFormat } from '../formats/write-message.ts'

/** What the command line asks for. */
export type Command = { do: 'help' } | ImportCommand | ExportCommand

/** A session, of which `owner` must be a member where it is given too; or those of an owner. */
export type Whose = { session: string; owner?: string } | { session?: undefined; owner: string }

interface Place {
  /** The path of the database. */
  db: string
  whose: Whose
}

export interface ImportCommand extends Place {
  do: 'import'
  /** Paths; `-` is the standard input. */
  files: readonly string[]
  /** Of new sessions. */
  title?: string
  final: boolean
  format?: TranscriptFormat
  /** When sessions began and were last used, in ms since the epoch; else as their transcripts say. */
  created?: number
  recency?: number
  /** Whether the messages stay unread. */
  unread: boolean
}

export interface ExportCommand extends Place {
  do: 'export'
  format?: WrittenFormat
  /** A path; the standard output when it is absent. */
  out?: string
}
