import type { PostgresOptions } from '@caughtup/store/postgres'

/** Where the sessions are that the processes share. */
export type SharedDatabase = { path: string } | Omit<PostgresOptions, 'pool'>

/** What `chat-process.ts` takes, as JSON. */
export interface ChatProcessOptions {
  database: SharedDatabase
  /** The address of a Redis that carries what the processes tell each other. @default the database's own way */
  redis?: string
  /** Connections to PostgreSQL. @default those of the driver */
  connections?: number
  /** In ms. */
  lease: number
  /** @default a free one */
  port?: number
  /** In ms. @default the server's */
  heartbeat?: number
  /** In ms. @default the server's */
  drain?: number
  /** A file of prompts, a line each. */
  transcript?: string
  /** A file that gets a line for each call of the agent: the run and the attempt. */
  executions?: string
  /** A file for `looks.ts`. */
  looks?: string
  /** How far the process's clock is ahead, in ms. @default 0 */
  clockAhead?: number
}
