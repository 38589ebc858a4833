import { CaughtupError } from '@caughtup/schema'
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

interface Entry extends StreamOwner, Rechecked {
  id: string
  stream: ClientStream
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
    if (this.#closed) throw shuttingDown()
    const own = this.#byPrincipal.get(owner.principal) ?? new Set()
    this.#replace(own, owner.streamId)
    this.#makeRoom(own, owner)
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
        onBegin: () => this.watchers.add(entry),
        onCaughtUp: () => this.watchers.caughtUp(entry),
      }),
      onClose: (reason) => {
        this.#remove(entry)
        this.watchers.remove(entry, reason)
        release()
      },
    })
    const checked = { stream, right, where }
    const openedAt = store.clock.monotonic()
    const entry: Entry = { ...owner, ...checked, id, openedAt, leave: this.#rechecks.add(checked) }
    this.#add(entry)
    return stream
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

  #add(entry: Entry): void {
    if (this.#open.size === 0) this.#start()
    this.#open.add(entry)
    this.#counts[entry.kind]++
    const own = this.#byPrincipal.get(entry.principal) ?? new Set()
    this.#byPrincipal.set(entry.principal, own.add(entry))
    this.#shared?.changed(entry.principal)
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
