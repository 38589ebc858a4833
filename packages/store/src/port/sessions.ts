import type { Message, Session } from '@caughtup/schema'
import type { Head } from '@caughtup/schema/fold'

export interface NewSession {
  id: string
  /** Well-formed Unicode, as principals are: not every database keeps half of a surrogate pair. */
  title: string
  createdAt: number
  /** The first is the owner. */
  members: readonly string[]
}

export interface ListQuery {
  /** The last session of the page before: its recency and id. */
  after?: { recency: number; id: string }
  limit: number
}

export interface SessionList {
  sessions: Session[]
  /** Where the next page goes on; absent when there is none. */
  next?: { recency: number; id: string }
}

export interface ActiveRun {
  sessionId: string
  head: Head
  open: Message[]
  /** The active run's process and its counter; absent where nothing runs or the run waits. */
  lease?: { process: string; own: boolean; beats: number }
}
