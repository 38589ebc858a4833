import type { TranscriptFormat } from '../conversation/transcript.ts'
import type { WrittenFormat } from '../formats/write-message.ts'

/** A parsed command line. */
export type Command = { do: 'help' } | ImportCommand | ExportCommand | CopyCommand

/** A session, of which `owner` must be a member if given, or all sessions of an owner. */
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
  /** The title of new sessions. */
  title?: string
  final: boolean
  format?: TranscriptFormat
  /** When sessions began and were last used, in ms since the epoch. @default the transcript's times */
  created?: number
  recency?: number
  /** Whether the owner has yet to read the messages. */
  unread: boolean
}

export interface ExportCommand extends Place {
  do: 'export'
  format?: WrittenFormat
  /** A path. @default standard output */
  out?: string
}

export interface CopyCommand {
  do: 'copy'
  /** The path of a SQLite database. */
  from: string
  to: { file: string } | { url: string; schema?: string }
}
