import type { Event, Message, Session } from '@caughtup/schema'
import type { Head } from '@caughtup/schema/fold'

import type { OwedCall } from './owed.ts'

/**
 * A bounded stretch of a session as it is stored. A database that is given all stretches has the
 * session with its journal's name and tags, so that cursors stay valid, and with hidden messages,
 * read marks, what it remembers and the calls of hooks that it owes. A run that was active has no
 * process any more.
 */
export interface SessionCopy {
  /** Its number: 1 is the first. */
  stretch: number
  /** Its title, metadata and read marks are as of this stretch, the rest is the same in each. */
  session: CopiedSession
  messages: readonly CopiedMessage[]
  entries: readonly CopiedEntries[]
  remembered: readonly CopiedName[]
  /** All of the session, in the last stretch; they become those of the process that writes it. */
  owed: readonly OwedCall[]
  /** Where the next stretch begins; absent in the last. */
  next?: CopyPlace
}

export interface CopiedSession extends Omit<Session, 'epoch' | 'owner'> {
  journal: string
  /** The owner first. */
  members: readonly { principal: string; readUpTo: number }[]
  /** As of the newest entry. */
  record: Head & {
    lastOrder: number
    epochStart: number
    generation: number
    messageCount: number
    recency: number
    lastMessageAt?: number
  }
  /** Of the newest entry. */
  tag: string
  /** Entries up to this one are removed. */
  floor: number
  floorTag: string
}

export interface CopiedMessage {
  message: Message
  /** Absent for a shown one. */
  hidden?: HiddenIn
}

/** The hidden version that a message belongs to. */
export interface HiddenIn {
  /** Seq of the event that hid it. */
  stretch: number
  /** The order of the message before the version's first. */
  after: number
}

/** Entries that follow each other, with the tag of what wrote them. */
export interface CopiedEntries {
  tag: string
  events: readonly Event[]
}

/**
 * The id of a removed message, a child whose usage is counted, the identity of an imported row, or a count
 * of the ledger with which an epoch ended.
 */
export interface CopiedName {
  kind: 'gone' | 'child' | 'import' | 'used'
  id: string
  count: number
}

/** Where a stretch begins. `seq` is the journal's newest entry when the copying began. */
export interface CopyPlace {
  part: 'messages' | 'entries' | 'names'
  /** The order, seq or name that the stretch before ended with. */
  after: number | string
  seq: number
  /** The number of the stretch. */
  stretch: number
}
