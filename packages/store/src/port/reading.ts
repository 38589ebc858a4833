import type { Cursor, Event, EventFilter, Message } from '@caughtup/schema'
import type { Head } from '@caughtup/schema/fold'

import type { Segment } from '../journal/segment.ts'

export interface SegmentQuery {
  /** Only entries above this one; without it, from the floor. */
  after?: number
  /** Only entries below this one. */
  before?: number
  /** `oldest` first or `newest` first. */
  from: 'oldest' | 'newest'
  /** The segments end after about so many bytes, with more of them or one at least. */
  bytes: number
  /**
   * Only these entries are asked for: others may be left out, and may be there. Without it, each
   * entry of the range is there.
   */
  filter?: EventFilter
  /** An entry whose tag is wanted, as of the same moment. */
  tagAt?: number
}

export interface SegmentBatch {
  /**
   * In the order asked for, and never changed afterwards. The first and the last may have entries
   * beyond the range, also below the floor.
   */
  segments: Segment[]
  /** Whether nothing that was asked for lies behind them. */
  complete: boolean
  /** At the newest entry. */
  cursor: Cursor
  /** Entries up to this one were removed. */
  floor: number
  /** As of {@link StoredState}. */
  tagAt?: string
}

export interface EventBatch {
  events: Event[]
  /** At the last of the events; at `after` where there are none. */
  cursor: Cursor
  /** Whether nothing lies after it. */
  complete: boolean
  /** The journal's newest seq when it was read. */
  newest: number
  /**
   * Whether the entry `after` is not the one that the reader has: the database lost that, and these events
   * may follow from another one.
   */
  isLost?: true
}

export interface ReadBatch extends EventBatch {
  /** Bytes of the events as JSON, about. */
  bytes: number
}

export interface EventQuery {
  filter: EventFilter
  /** `oldest` first or `newest` first. */
  from: 'oldest' | 'newest'
  limit: number
  /** Bytes of JSON; the first entry is given whatever its size. */
  bytes: number
}

/** How much of a stretch of messages is read at once. */
export interface MessageCaps {
  messages: number
  /** Bytes of JSON; the message nearest to the place is given whatever its size. */
  bytes: number
}

/**
 * A place in a session's history, by an order that need not be that of a message. What is read there
 * is of one epoch:
 * - `before` it: the newest messages of a lower order, of the epoch of the newest of them
 * - `after` it: the oldest messages of a higher order, of the epoch of the oldest of them
 * - `around` it: half of the messages up to it, half after it, of the epoch of the newest up to it
 */
export type PagePlace = { before: number } | { after: number } | { around: number }

/** Without a place, the newest messages of the newest epoch, which may have none. */
export type MessageQuery = MessageCaps & (PagePlace | { before?: undefined })

/** Messages of one epoch, oldest first. */
export interface Window {
  messages: Message[]
  head: Head
  cursor: Cursor
  /** Whether there are messages before these, and after them. */
  hasOlder: boolean
  hasNewer: boolean
}

export interface SessionHead {
  head: Head
  cursor: Cursor
  /** Messages that are not finished. */
  open: Message[]
  messageCount: number
}

export interface StoredState extends SessionHead {
  /** Entries up to this one were removed; its tag is still known. */
  floor: number
  /**
   * Of the commit that wrote the entry asked for, from `floor` to the newest; empty at seq 0, absent
   * where there is no such entry.
   */
  tagAt?: string
}

export interface SearchQuery {
  /** Plain text; every word of it must be in the message, the last one as a beginning. */
  text: string
  /** One session, or all of one principal. */
  in: { sessionId: string } | { principal: string }
  limit: number
}

/** The prompts that a principal sent in all sessions of which it is a member, newest first. */
export interface PromptQuery {
  author: string
  after?: PromptPlace
  limit: number
  /** Bytes of JSON; the first prompt is given whatever its size. */
  bytes: number
}

/**
 * A prompt's place among those of its author: by its own `createdAt`, of the same ms by its session's key
 * in the engine, and within a session by order, all descending.
 */
export interface PromptPlace {
  createdAt: number
  session: number
  order: number
}

export interface FoundPrompt {
  sessionId: string
  message: Message
}

/** An engine examines a bounded number of prompts, so there may be fewer than wanted, or none, and a `next`. */
export interface PromptStep {
  prompts: FoundPrompt[]
  /** The next step's `after`; absent where nothing follows. */
  next?: PromptPlace
}

export interface NameQuery {
  /** See `ImportIdentity`. */
  identities?: readonly string[]
  messageIds?: readonly string[]
}

export interface KnownNames {
  /** How often each identity was imported; those that never were are absent. */
  counts: Map<string, number>
  /** Ids of messages that the session has, or had until they were removed. */
  used: Set<string>
}
