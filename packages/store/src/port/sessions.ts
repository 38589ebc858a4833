import type { Message, Session, SessionMetadata } from '@caughtup/schema'
import type { Head } from '@caughtup/schema/fold'

export interface NewSession {
  id: string
  /** Well-formed Unicode, as principals are: not every database keeps half of a surrogate pair. */
  title: string
  createdAt: number
  /** The first is the owner. */
  members: readonly string[]
  metadata?: SessionMetadata
}

/** What is absent stays as it is. */
export interface SessionChange {
  title?: string
  metadata?: SessionMetadata
  at: number
  /** A session that has another title keeps everything. */
  ifTitle?: string
}

/** A session's place in a list by recency. */
export interface ListPlace {
  recency: number
  id: string
}

export interface ListQuery {
  /** The last session of the page before. */
  after?: ListPlace
  limit: number
}

export interface SessionList {
  sessions: Session[]
  /** The next page's `after`; absent when there is none. */
  next?: ListPlace
}

/** A session in which nothing runs or waits. */
export interface IdleSession {
  sessionId: string
  head: Head
  /** When anything but text that streams last changed, its title and metadata included. */
  updatedAt: number
}

/** Of everybody's sessions, those that have been idle longest first; of the same ms by id. */
export interface IdleQuery {
  /** Those that changed at this time or before. */
  until: number
  /** The last session of the page before. */
  after?: Pick<IdleSession, 'sessionId' | 'updatedAt'>
  limit: number
}

export interface ActiveRun {
  sessionId: string
  head: Head
  open: Message[]
  /** The active run's process and its counter; absent where nothing runs or the run waits. */
  lease?: { process: string; own: boolean; beats: number }
}
