import {
  CaughtupError,
  type Cursor,
  defaultLimits,
  type EventDraft,
  excerpt,
  type Limits,
  type Message,
  type Page,
  type ReplayReason,
  type StoreStats,
} from '@caughtup/schema'
import { type Clock, systemClock } from '@caughtup/schema/clock'

import { ActivityFeed } from './activity-feed.ts'
import { assertBetween } from './assert-between.ts'
import { Bell } from './bell.ts'
import { Broker, type BrokerOptions } from './broker.ts'
import { Coalescer, type FlushOptions, type Taken } from './coalescer.ts'
import { follow, SharedReads } from './follow.ts'
import { MessageWriter, type WriterTarget } from './message-writer.ts'
import { Sessions } from './sessions.ts'
import type {
  EventBatch,
  Guard,
  OpenRun,
  Slice,
  SliceResult,
  Storage,
  StorageFactory,
  Window,
} from './storage.ts'

export interface StoreOptions {
  /** The database, for instance `sqlite({ path: 'chat.db' })`. */
  storage: StorageFactory
  /** How writes gather into commits. */
  flush?: FlushOptions
  limits?: Partial<Limits>
  /** The feed of message states for code in this process. */
  updates?: Omit<BrokerOptions, 'clock'>
  /** @default the machine's clock */
  clock?: Clock
  /** Numbers in [0, 1) for commit tags and journal ids. @default Math.random */
  random?: () => number
}

/** A message as it is after a commit, for code in the same process. */
export interface MessageUpdate {
  sessionId: string
  message: Message
}

/** Whatever waits can be told to wait no longer. */
interface Waiting {
  signal?: AbortSignal
}

/** Opens the database and gives the store on it. Close it before the process ends. */
export async function createStore(options: StoreOptions): Promise<Store> {
  const { clock = systemClock, random = Math.random } = options
  const limits = resolveLimits(options.limits)
  return new Store(await options.storage.open({ clock, random }), { ...options, limits })
}

/** Sessions, their journals, and everything that is read from them. See {@link createStore}. */
export class Store {
  readonly clock: Clock
  readonly limits: Readonly<Limits>
  readonly sessions: Sessions
  readonly activity: ActivityFeed
  /** Message states: window flushes are published lossy, structural ones must-deliver. */
  readonly updates: Broker<MessageUpdate>

  readonly #storage: Storage
  readonly #coalescer: Coalescer
  readonly #bell = new Bell()
  readonly #shared: SharedReads
  readonly #closing = new AbortController()
  /** Open messages and their sessions, for `stats`. */
  readonly #openMessages = new Map<string, string>()
  #closed: Promise<void> | undefined

  constructor(storage: Storage, options: StoreOptions & { limits: Readonly<Limits> }) {
    const { clock = systemClock, random = Math.random } = options
    this.clock = clock
    this.limits = options.limits
    this.updates = new Broker({ ...options.updates, clock })
    this.#storage = storage
    this.#coalescer = new Coalescer({
      ...options.flush,
      clock,
      commit: (slices) => storage.commit(slices),
      committed: (result, slice, structural) => this.#committed(result, slice, structural),
    })
    this.#shared = new SharedReads((sessionId, after) =>
      storage.events(sessionId, after, { bytes: this.limits.windowBytes }),
    )
    const feedId = Math.floor(random() * 2 ** 48).toString(36)
    this.activity = new ActivityFeed({ storage, feedId, ended: this.#closing.signal })
    this.sessions = new Sessions(storage, this.limits, clock, {
      changed: () => this.activity.changed(),
      deleted: (sessionId) => this.#deleted(sessionId),
    })
  }

  /**
   * Commits events of one session together, behind everything that the session has waiting, and
   * before it returns. Whether the session allowed it is in the result.
   *
   * @throws CaughtupError `BAD_INPUT` for what could not be read back, `UNAVAILABLE` when closed
   */
  append(
    slice: { sessionId: string; drafts: readonly EventDraft[]; guard?: Guard },
    { signal }: Waiting = {},
  ): Promise<SliceResult> {
    return this.#coalescer.append(slice, signal)
  }

  /** The writer of an open message; see {@link MessageWriter}. */
  writer(target: WriterTarget): MessageWriter {
    return new MessageWriter(target, this.#coalescer, this.limits)
  }

  /** What a fresh client gets: the newest epoch, capped, as of now. */
  async window(sessionId: string, { signal }: Waiting = {}): Promise<Window> {
    await this.flushSession(sessionId, signal && { signal })
    const { windowMessages, windowBytes } = this.limits
    return this.#storage.window(sessionId, { messages: windowMessages, bytes: windowBytes })
  }

  /**
   * The next older stretch, oldest first: at most one epoch and `limit` messages.
   *
   * @throws CaughtupError `BAD_INPUT` for a limit above `limits.pageMost`
   */
  async page(
    sessionId: string,
    { before, limit = this.limits.pageDefault }: { before?: number; limit?: number } = {},
    { signal }: Waiting = {},
  ): Promise<Page> {
    assertBetween('limit', limit, 1, this.limits.pageMost)
    await this.flushSession(sessionId, signal && { signal })
    return this.#storage.page(sessionId, before ?? Number.MAX_SAFE_INTEGER, limit)
  }

  async message(sessionId: string, messageId: string): Promise<Message | undefined> {
    await this.flush(messageId)
    return this.#storage.message(sessionId, messageId)
  }

  /** Where the session stands, with the messages that are open, as of now. */
  async head(sessionId: string, { signal }: Waiting = {}) {
    await this.flushSession(sessionId, signal && { signal })
    return this.#storage.head(sessionId)
  }

  checkCursor(sessionId: string, cursor: Cursor): Promise<'ok' | ReplayReason> {
    return this.#storage.checkCursor(sessionId, cursor)
  }

  /** What lies after a seq, merged, until about `bytes` of it; for a replay. */
  async events(
    sessionId: string,
    after: number,
    { bytes, signal }: { bytes: number } & Waiting,
  ): Promise<EventBatch> {
    await this.flushSession(sessionId, signal && { signal })
    return this.#storage.events(sessionId, after, { bytes })
  }

  /**
   * What lies after a seq and everything that comes, in merged batches of at most about 1 MiB.
   * Returns when the session is deleted or the store closes; throws the signal's reason.
   */
  follow(
    sessionId: string,
    after: number,
    { signal }: { signal: AbortSignal },
  ): AsyncGenerator<EventBatch, void, undefined> {
    return follow({
      sessionId,
      after,
      signal,
      bell: this.#bell,
      read: (seq) => this.#shared.read(sessionId, seq),
      ended: this.#closing.signal,
    })
  }

  /** Tells other processes that this one lives. */
  beat(): Promise<void> {
    return this.#storage.beat()
  }

  /** Runs that have not ended, and sessions whose queue waits, of every process. */
  openRuns(): Promise<OpenRun[]> {
    return this.#storage.openRuns()
  }

  /** Commits what one message has waiting. A no-op when there is nothing. */
  flush(messageId: string, { signal }: Waiting = {}): Promise<void> {
    return this.#coalescer.flush(
      ({ drafts }) => drafts.some((draft) => subjectOf(draft) === messageId),
      signal,
    )
  }

  /** Commits what one session has waiting. */
  flushSession(sessionId: string, { signal }: Waiting = {}): Promise<void> {
    return this.#coalescer.flush((slice) => slice.sessionId === sessionId, signal)
  }

  /** Commits everything that waits. */
  flushAll({ signal }: Waiting = {}): Promise<void> {
    return this.#coalescer.flush(() => true, signal)
  }

  stats(): StoreStats {
    const { counts, lastError, unflushedBytes, window } = this.#coalescer
    return {
      ...counts,
      flushWindow: window,
      unflushedBytes,
      openMessages: this.#openMessages.size,
      ...(lastError !== undefined && { lastError }),
      updateDrops: this.updates.dropCount,
      updateMustDeliverDrops: this.updates.mustDeliverDropCount,
    }
  }

  /**
   * Commits what waits, ends every follower and subscriber, closes the database. What waits for a
   * database that stays busy or full is given up when the signal is aborted. Calling it again
   * waits for the same end.
   */
  close({ signal }: Waiting = {}): Promise<void> {
    this.#closed ??= this.#close(signal)
    return this.#closed
  }

  async #close(signal: AbortSignal | undefined): Promise<void> {
    try {
      await this.#coalescer.close(signal)
    } finally {
      this.#closing.abort()
      this.#bell.ringAll()
      this.updates.close()
      await this.#storage.close()
    }
  }

  #committed(result: Taken, slice: Slice, structural: boolean): Promise<void> | undefined {
    const { sessionId } = slice
    const updates = result.messages.map((message) => ({ sessionId, message }))
    for (const { message } of updates) {
      if (message.status === 'open') this.#openMessages.set(message.id, sessionId)
      else this.#openMessages.delete(message.id)
    }
    this.#shared.forget(sessionId)
    this.#bell.ring(sessionId)
    if (result.activity) this.activity.changed()
    if (structural) return this.#mustDeliver(updates)
    for (const update of updates) this.updates.publish(update)
    return undefined
  }

  /** Offered in the order of commits, and waited for together. */
  async #mustDeliver(updates: readonly MessageUpdate[]): Promise<void> {
    await Promise.all(updates.map((update) => this.updates.publishMustDeliver(update)))
  }

  #deleted(sessionId: string): void {
    this.#coalescer.drop(sessionId)
    this.#shared.forget(sessionId)
    for (const [messageId, session] of this.#openMessages) {
      if (session === sessionId) this.#openMessages.delete(messageId)
    }
    this.#bell.ring(sessionId)
    this.activity.changed()
  }
}

/** @throws CaughtupError `BAD_INPUT` for a limit that does not exist or is not positive */
function resolveLimits(limits: Partial<Limits> = {}): Limits {
  for (const [name, value] of Object.entries(limits)) {
    if (Object.hasOwn(defaultLimits, name) && value > 0) continue
    throw new CaughtupError(
      'BAD_INPUT',
      `limits.${name} is ${value}: no limit of that name and size.`,
      {
        field: `limits.${name}`,
        value: excerpt(value),
      },
    )
  }
  return { ...defaultLimits, ...limits }
}

/** The message that a draft is about. */
function subjectOf(draft: EventDraft): string | undefined {
  if (draft.type === 'message-created') return draft.message.id
  return 'messageId' in draft ? draft.messageId : undefined
}
