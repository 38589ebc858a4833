import { CaughtupError, type Cursor } from '@caughtup/schema'
import { abortable } from '@caughtup/schema/abortable'

import { assertIds, assertInput } from '../input/assert-input.ts'
import { entriesLost } from '../errors/session-errors.ts'
import { whole } from '../input/kinds.ts'
import { Notifier } from './notifier.ts'
import { NewestReads } from './newest-reads.ts'
import type { CommittedBatch, RemoteChanges } from '../port/bus.ts'
import type { SliceResult } from '../port/commit.ts'
import type { EventBatch } from '../port/reading.ts'

export interface FollowersOptions {
  read: (sessionId: string, after: number, tag: string | undefined) => Promise<EventBatch>
  /** Watches for changes of other processes until it is disposed of. */
  watch: () => Disposable
  /** Aborted when the store closes. */
  ended: AbortSignal
}

/** The next events for a follower. */
export interface FollowedBatch extends EventBatch {
  /**
   * The journal's newest seq when the follower was last up to date: it gets everything until there,
   * however much that is. A follower that takes over from this one passes it on.
   */
  owed: number
  /**
   * Whether the follower is behind and this is not everything: it left more unread than one batch
   * holds, or retention removed some of it.
   */
  isBehind?: boolean
}

export interface FollowOptions {
  signal: AbortSignal
  /**
   * For a follower that takes over from another one, and so may be behind from its start: the `owed` of
   * the other's last batch. @default it is up to date until the first read
   */
  owed?: number | undefined
  /** The journal that the follower has read until now. @default the session's at the first read */
  journal?: string | undefined
  /** The tag of the entry that it has read until, as its cursor has it. @default any */
  tag?: string | undefined
}

type Committed = Pick<Extract<SliceResult, { events: unknown }>, 'events' | 'cursor'>

/** How far a follower has read. */
interface Place {
  readonly sessionId: string
  seq: number
  /** Of that entry, where it is known. */
  tag: string | undefined
}

/**
 * The followers of sessions. A follower is a cursor: reset the listener, read after the cursor,
 * yield one bounded batch, else wait for the next notification. There is no queue, so a slow reader
 * costs no memory and gets fewer, larger batches. Followers at the same cursor share one batch,
 * built once.
 */
export class Followers {
  readonly #options: FollowersOptions
  readonly #reads = new NewestReads<FollowedBatch>()
  readonly #notifier = new Notifier((sessionId) => {
    this.#reads.forget(sessionId)
    this.#newest.delete(sessionId)
  })
  readonly #places = new Set<Place>()
  /** The newest known seq of each followed session. */
  readonly #newest = new Map<string, number>()

  constructor(options: FollowersOptions) {
    this.#options = options
    options.ended.addEventListener('abort', () => this.#notifier.notifyAll(), { once: true })
  }

  get count(): number {
    return this.#places.size
  }

  /** How many events the slowest follower has not read yet. */
  get lag(): number {
    let most = 0
    for (const { sessionId, seq } of this.#places) {
      most = Math.max(most, (this.#newest.get(sessionId) ?? 0) - seq)
    }
    return most
  }

  /**
   * Returns when the session is deleted, also if another one has its id by then, or the store closes.
   *
   * @throws the signal's reason; `NOT_FOUND` for an unknown session, `BAD_INPUT`; `UNAVAILABLE`
   *   (`entries-lost`) if the database has lost what was read
   */
  async *follow(
    sessionId: string,
    after: number,
    { signal, owed: owedBefore, journal: journalBefore, tag }: FollowOptions,
  ): AsyncGenerator<FollowedBatch, void, undefined> {
    assertIds({ sessionId })
    assertInput('after', after, whole)
    if (owedBefore !== undefined) assertInput('owed', owedBefore, whole)
    const place: Place = { sessionId, seq: after, tag }
    let found = false
    // A follower at the head does not lag behind the next events, however many come at once.
    let isAtHead = owedBefore === undefined
    let owed = owedBefore ?? 0
    let journal = journalBefore
    using _watching = this.#options.watch()
    using listener = this.#notifier.listen(sessionId)
    this.#places.add(place)
    try {
      while (!this.#options.ended.aborted) {
        signal.throwIfAborted()
        listener.reset()
        const batch = await this.#read(place, signal).catch((error: unknown) => {
          if (found && isNotFound(error)) return undefined
          throw error
        })
        if (!batch) return
        found = true
        journal ??= batch.cursor.journal
        if (batch.cursor.journal !== journal) return
        if (batch.isLost) throw entriesLost(sessionId)
        const [first] = batch.events
        if (!first) {
          if (batch.newest === place.seq) place.tag = batch.cursor.tag
          await listener.next(signal)
          isAtHead = true
          continue
        }
        if (isAtHead) owed = batch.newest
        isAtHead = false
        // Retention may have removed the next events of a reader that paused.
        const isGap = first.from > place.seq + 1
        place.seq = batch.cursor.seq
        place.tag = batch.cursor.tag
        this.#advance(sessionId, batch.cursor.seq)
        const isBehind = isGap || (!batch.complete && batch.cursor.seq >= owed)
        if (isBehind) yield { ...batch, owed, complete: false, isBehind }
        else yield batch.owed === owed ? batch : { ...batch, owed }
        // Nothing has come since: a read would find nothing.
        if (batch.complete && !listener.isNotified) {
          await listener.next(signal)
          isAtHead = true
        }
      }
    } finally {
      this.#places.delete(place)
    }
  }

  /** To be called after each commit, in the order of commits. */
  committed(sessionId: string, { events, cursor }: Committed): void {
    if (!this.#notifier.hasListeners(sessionId)) return
    this.#advance(sessionId, cursor.seq)
    this.#reads.forget(sessionId)
    const [event] = events
    if (event && events.length === 1) {
      // What a follower at the head would read, without asking the database for it.
      const batch = { events, cursor, complete: true, newest: event.seq, owed: event.seq }
      // Whoever has an entry with the tag of the next one has all that is before that.
      this.#reads.put(sessionId, placeKey({ seq: event.from - 1, tag: cursor.tag }), batch)
    }
    this.#notifier.notify(sessionId)
  }

  /** To be called when reads of a session may have another result. */
  changed(sessionId: string): void {
    this.#reads.forget(sessionId)
    this.#notifier.notify(sessionId)
  }

  changedElsewhere({ sessions, batches }: RemoteChanges): void {
    if (sessions === 'all') {
      this.#reads.clear()
      this.#notifier.notifyAll()
    } else {
      for (const sessionId of sessions) {
        const batch = batches?.get(sessionId)
        if (!batch || !this.#take(batch)) this.changed(sessionId)
      }
    }
  }

  /**
   * Makes a batch of another process what followers at the head read next, if it goes on exactly where the newest
   * read ended. A read that is under way, or that something unknown came after, is no such place: of what was lost
   * or overtaken by this batch, nobody would hear again.
   */
  #take({ sessionId, after, events, tag }: CommittedBatch): boolean {
    const read = this.#reads.result(sessionId)
    const last = events.at(-1)
    if (!read || !last || read.newest !== after.seq || !isSame(read.cursor, after)) return false
    const { journal } = after
    const { seq } = last
    this.#advance(sessionId, seq)
    this.#reads.put(sessionId, placeKey(after), {
      events: [...events],
      cursor: { journal, seq, tag },
      complete: true,
      newest: seq,
      owed: seq,
    })
    this.#notifier.notify(sessionId)
    return true
  }

  #advance(sessionId: string, seq: number): void {
    this.#newest.set(sessionId, Math.max(seq, this.#newest.get(sessionId) ?? 0))
  }

  #read({ sessionId, ...place }: Place, signal: AbortSignal): Promise<FollowedBatch> {
    const { seq, tag } = place
    const load = async () => {
      const batch = await this.#options.read(sessionId, seq, tag)
      return { ...batch, owed: batch.newest }
    }
    return abortable(this.#reads.read(sessionId, placeKey(place), load), signal)
  }
}

function isSame(one: Cursor, other: Cursor): boolean {
  return one.journal === other.journal && one.seq === other.seq && one.tag === other.tag
}

function placeKey({ seq, tag = '' }: Pick<Place, 'seq' | 'tag'>): string {
  return `${seq} ${tag}`
}

function isNotFound(error: unknown): boolean {
  return error instanceof CaughtupError && error.code === 'NOT_FOUND'
}
