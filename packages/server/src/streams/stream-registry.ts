import { CaughtupError, type EndReason } from '@caughtup/schema'
import { background } from '@caughtup/schema/clock'

import { shuttingDown } from '../errors/call-errors.ts'
import { toWireError } from '../errors/wire-error.ts'
import type { Settings } from '../host/server-options.ts'
import { ClientStream } from './client-stream.ts'
import type { Feed, Replay } from './feed.ts'
import { Hubs } from './hubs.ts'
import { type Rechecked, Rechecks, type Right, turnsPerInterval } from './rechecks.ts'
import type { Heartbeat, SentFrame } from './sent-frame.ts'
import { Peers } from '../peers/peers.ts'
import { SharedStreams } from '../peers/shared-streams.ts'
import { Watchers } from './watchers.ts'

/** Checks for stuck streams per `stuckAfter`: a stuck one is closed at most a quarter late. */
const sweepsPerStuck = 4
/** How many streams get their heartbeat before other work gets a turn. */
const beatsPerTurn = 256

export type StreamKind = 'chat' | 'activity'

export interface StreamOwner {
  kind: StreamKind
  principal: string
  streamId?: string | undefined
}

/** What a stream is about. */
export interface StreamSource {
  /** The session's id, or the principal's. */
  id: string
  /** Asked while the stream is open. */
  right: Right
  /** Called for the first of the streams that follow the same. */
  feed: () => Feed
  replay: Replay
}

/** A stream that is counted, checked and ended, whoever reads it. */
type Counted = Pick<ClientStream, 'unreadFor' | 'beat' | 'end' | 'cut'>

interface Entry extends StreamOwner, Rechecked {
  id: string
  stream: Counted
  /** By the monotonic clock. */
  openedAt: number
  /** No longer asks whether the stream may go on. */
  leave: () => void
}

/**
 * The open streams of this process. A principal may have `limits.streamsPerPrincipal`, through all processes
 * that hear each other; one more closes the stream that has been unread longest, if any here is unread.
 */
export class StreamRegistry {
  readonly #settings: Settings
  readonly #open = new Set<Entry>()
  /** The same by principal. */
  readonly #byPrincipal = new Map<string, Set<Entry>>()
  readonly #counts: Record<StreamKind, number> = { chat: 0, activity: 0 }
  /** Absent where nothing carries notes between processes. */
  readonly peers: Peers | undefined
  readonly #shared: SharedStreams | undefined
  /** Those of the chat streams. */
  readonly watchers: Watchers
  readonly #hubs: Hubs
  readonly #rechecks: Rechecks
  readonly #cancel: (() => void)[] = []
  #closed = false

  constructor(settings: Settings) {
    this.#settings = settings
    const { clock, notes } = settings.store
    this.peers = notes && new Peers(notes)
    this.watchers = new Watchers(clock, this.peers)
    this.#shared =
      this.peers &&
      new SharedStreams(this.peers, {
        clock,
        most: settings.limits.streamsPerPrincipal,
        own: (principal) => this.#byPrincipal.get(principal) ?? [],
      })
    this.#hubs = new Hubs(settings.store.clock)
    this.#rechecks = new Rechecks(settings.onError)
  }

  /** @throws CaughtupError `LIMIT_EXCEEDED` with `retryAfter`, `UNAVAILABLE` after `endAll` */
  open(owner: StreamOwner, { id, right, feed, replay }: StreamSource): ClientStream {
    this.#admit(owner)
    const { store, onError } = this.#settings
    const where = owner.kind === 'chat' ? 'onChat' : 'activity.subscribe'
    const toError = (error: unknown) => toWireError(error, where, onError)
    const { hub, release } = this.#hubs.take(`${owner.kind}:${id}`, { feed, toError })
    const stream = new ClientStream({
      hub,
      replay,
      clock: store.clock,
      toError,
      ...(owner.kind === 'chat' && {
        onBegin: () => this.watchers.add(watcher),
        onCaughtUp: () => this.watchers.caughtUp(watcher),
      }),
      onClose: (reason) => {
        remove()
        this.watchers.remove(watcher, reason)
        release()
      },
    })
    const watcher = { ...owner, id, stream }
    const remove = this.#add(owner, { id, right, stream, where })
    return stream
  }

  /**
   * Counts what another protocol answers from a session as one of its streams, and ends it when a stream would
   * end, until the returned function is called. It has no heartbeat, and does not count as watching.
   *
   * @param end - called once if it must end
   * @throws CaughtupError `LIMIT_EXCEEDED` with `retryAfter`, `UNAVAILABLE` after `endAll`
   */
  register(
    principal: string,
    { id, right }: Pick<StreamSource, 'id' | 'right'>,
    end: (reason: EndReason) => void,
  ): () => void {
    const owner: StreamOwner = { kind: 'chat', principal }
    this.#admit(owner)
    const ended = (reason: EndReason) => {
      remove()
      end(reason)
    }
    const stream = { unreadFor: 0, beat: () => {}, end: ended, cut: () => ended('replaced') }
    const remove = this.#add(owner, { id, right, stream, where: 'onChat' })
    return remove
  }

  count(kind: StreamKind): number {
    return this.#counts[kind]
  }

  /** Ends every stream with `shutting-down`; each closes once its client has read that. */
  endAll(): void {
    this.#closed = true
    this.watchers.close()
    this.peers?.close()
    for (const { stream } of this.#open) stream.end('shutting-down')
  }

  #admit(owner: StreamOwner): void {
    if (this.#closed) throw shuttingDown()
    const own = this.#byPrincipal.get(owner.principal) ?? new Set()
    this.#replace(own, owner.streamId)
    this.#makeRoom(own, owner)
  }

  /** Returns what removes it; calling that twice is harmless. */
  #add(owner: StreamOwner, checked: Rechecked & Pick<Entry, 'id' | 'stream'>): () => void {
    const openedAt = this.#settings.store.clock.monotonic()
    const entry: Entry = { ...owner, ...checked, openedAt, leave: this.#rechecks.add(checked) }
    if (this.#open.size === 0) this.#start()
    this.#open.add(entry)
    this.#counts[entry.kind]++
    const own = this.#byPrincipal.get(entry.principal) ?? new Set()
    this.#byPrincipal.set(entry.principal, own.add(entry))
    this.#shared?.changed(entry.principal)
    return () => this.#remove(entry)
  }

  #remove(entry: Entry): void {
    if (!this.#open.delete(entry)) return
    entry.leave()
    this.#counts[entry.kind]--
    const own = this.#byPrincipal.get(entry.principal)
    own?.delete(entry)
    if (own?.size === 0) this.#byPrincipal.delete(entry.principal)
    this.#shared?.changed(entry.principal)
    if (this.#open.size === 0) this.#stop()
  }

  #replace(own: ReadonlySet<Entry>, streamId: string | undefined): void {
    if (streamId === undefined) return
    // It stops counting at once: its connection may have been dead for long.
    for (const entry of own) if (entry.streamId === streamId) entry.stream.end('replaced')
  }

  #makeRoom(own: ReadonlySet<Entry>, { principal, streamId }: StreamOwner): void {
    const { limits, heartbeat } = this.#settings
    const elsewhere = this.#shared?.count(principal, streamId) ?? 0
    if (own.size + elsewhere < limits.streamsPerPrincipal) return
    const [stalled] = [...own]
      .filter(({ stream }) => stream.unreadFor >= heartbeat)
      .toSorted((a, b) => b.stream.unreadFor - a.stream.unreadFor)
    if (!stalled) {
      throw new CaughtupError(
        'LIMIT_EXCEEDED',
        `${limits.streamsPerPrincipal} streams are open already, and clients read all of them (streamsPerPrincipal).`,
        { limit: limits.streamsPerPrincipal, retryAfter: heartbeat },
      )
    }
    stalled.stream.cut()
  }

  /** One timer each for all heartbeats, stuck streams and rechecks, while streams are open. */
  #start(): void {
    const { heartbeat, stuckAfter, recheck, store } = this.#settings
    this.#every(heartbeat, () => void this.#beat())
    this.#every(stuckAfter / sweepsPerStuck, () => this.#sweep())
    this.#every(recheck / turnsPerInterval, () => this.#rechecks.next())
    this.#cancel.push(store.watchMembers((sessions) => this.#membersChanged(sessions)))
  }

  #stop(): void {
    for (const cancel of this.#cancel.splice(0)) cancel()
  }

  #every(ms: number, work: () => void): void {
    const clock = background(this.#settings.store.clock)
    const index = this.#cancel.length
    const again = () => {
      this.#cancel[index] = clock.after(ms, () => {
        again()
        work()
      })
    }
    again()
  }

  async #beat(): Promise<void> {
    const { clock } = this.#settings.store
    const sent: SentFrame<Heartbeat> = { frame: { type: 'heartbeat', at: clock.now() } }
    let beats = 0
    for (const { stream } of this.#open) {
      stream.beat(sent)
      if (++beats % beatsPerTurn === 0) await new Promise((resolve) => setImmediate(resolve))
    }
  }

  #membersChanged(sessions: ReadonlySet<string> | 'all'): Promise<void> {
    // Where it is not known whose members changed, the host would be asked about every stream at once.
    const asksHost = sessions !== 'all'
    const concerned = [...this.#open].filter(
      ({ kind, id }) => kind === 'chat' && (sessions === 'all' || sessions.has(id)),
    )
    return this.#rechecks.now(concerned, { asksHost })
  }

  #sweep(): void {
    const { stuckAfter } = this.#settings
    for (const { stream } of this.#open) if (stream.unreadFor >= stuckAfter) stream.cut()
  }
}
