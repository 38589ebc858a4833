import type { Cursor, Event } from '@caughtup/schema'
import type { Clock } from '@caughtup/schema/clock'

/** What a commit added to the journal of a session. */
export interface CommittedBatch {
  sessionId: string
  /** At the entry before its first; with an empty tag at seq 0. */
  after: Cursor
  /** One at least, each beginning where the one before ended. */
  events: readonly Event[]
  /** Of its last entry. */
  tag: string
}

export interface RemoteChanges {
  /** Sessions whose journals changed or that were deleted; `all` where it is not known which. */
  sessions: ReadonlySet<string> | 'all'
  /** Those whose members changed, also by a deletion; `all` where it is not known which. */
  members: ReadonlySet<string> | 'all'
  /** Of some of the sessions, by id, all that changed in them since the last answer, so that it need not be read. */
  batches?: ReadonlyMap<string, CommittedBatch>
  /**
   * Why nothing is heard at present, or that something heard was not understood. While nothing is heard, the
   * feed says `all` every 2 s.
   */
  failure?: unknown
}

/** Hears what other processes write into the database; it says `all` where it may have missed something. */
export interface ChangeFeed {
  /**
   * Resolves when another process has written something that this one may have read before; rejects
   * with the signal's reason, and when the storage is closed. What was written between two calls is in
   * the next one's answer.
   */
  next(signal: AbortSignal): Promise<RemoteChanges>
}

/** Small notes between the processes that use one database. Any of them may be lost. */
export interface Notes {
  /**
   * Gives a note to all other processes. Whether it is under way: not one that is too long (7 kB of
   * JSON for NOTIFY, 60 kB for Redis), nor while the connection is lost.
   */
  send(note: string): boolean
  /** Calls the listener with what others send, until the returned function is called. */
  listen(listener: (note: string) => void): () => void
}

/**
 * How the processes that use one database tell each other what they wrote. Nothing depends on it but
 * how soon they hear: what it loses is in the database.
 */
export interface Bus extends ChangeFeed, Notes {
  /** Tells the others, after a commit, which sessions it changed, and whether their members. Never waits. */
  announce(sessionIds: readonly string[], what: { members: boolean }): void
  /**
   * The same, with what the commit added. The others may get it or the session's id alone: of what is too long for
   * them, of a session that changed otherwise too, of more than is worth carrying. Never waits.
   */
  committed(batches: readonly CommittedBatch[]): void
  /** Makes the next answer of `next` say `all`: the database may have lost what this process has read. */
  doubt(): void
  /** Tells what was announced, for 1 s at most, then ends every call of `next`, and each that follows. */
  close(): Promise<void>
}

/** For instance `redis({ url })` of `@caughtup/store/redis`. */
export interface BusFactory {
  /** Resolves also if nobody answers: the bus goes on trying. */
  open(options: { clock: Clock }): Promise<Bus>
}
