import type { EndReason, Presence } from '@caughtup/schema'
import { background, type Clock, sleep } from '@caughtup/schema/clock'
import { presenceName } from '@caughtup/schema/protocol'

import type { PeerNote, Peers } from '../peers/peers.ts'
import { Heard } from '../peers/heard.ts'
import type { ClientStream } from './client-stream.ts'
import type { SentTransient } from './held-transients.ts'

/** How long changes of who is watching are gathered before all are told, in ms: many may come at once. */
const gathering = 250
/** How long a closed stream counts, in ms: longer than a client waits before it first connects again. */
const returnTime = 2_000
/** How many closed streams of one principal count in a session; more of them would be no devices. */
const mostClosed = 32
/** The longest list, by principals. More than the members that a session has by default. */
const mostListed = 100
/** How often other processes are told again who is watching what they watch too, in ms. */
const repeating = 20_000
/** How many streams are written to before other work gets a turn. */
const sliceSize = 256

/** An open stream of a session. */
export interface Watcher {
  /** The session's. */
  readonly id: string
  readonly principal: string
  readonly streamId?: string | undefined
  readonly stream: Pick<ClientStream, 'tell'>
}

/** The streams of one principal in one session. */
interface Seat {
  open: number
  /** What keeps each stream that has closed from counting forever, by the id with which it may return. */
  closed: Map<string | symbol, () => void>
}

/** A session that somebody watches. */
interface Watched {
  readonly id: string
  /** By principal; who came first is first. */
  seats: Map<string, Seat>
  /** The open streams, with the list that each was told last; `undefined` before it is caught up. */
  streams: Map<Watcher, SentTransient | undefined>
  /** The list as a frame; `undefined` when it may have changed. */
  list: SentTransient | undefined
  /** Set while changes are gathered. */
  cancel: (() => void) | undefined
  /** What other processes are to be told after that: of this one's streams, and to tell of theirs. */
  tells: boolean
  asks: boolean
}

/**
 * Who is watching which session, and the way of transients to them. A stream counts from
 * when its caller may have it, and for two seconds after its end, unless it comes back meanwhile or its
 * principal may not watch any more. Other processes say who is watching through them: of one that died,
 * what it said last counts for a minute.
 */
export class Watchers {
  readonly #clock: Clock
  readonly #watched = new Map<string, Watched>()
  readonly #peers: Peers | undefined
  readonly #remote = new Heard<readonly Presence[]>()
  /** Sessions of which others are asked who is watching, though nobody is here; how many ask. */
  readonly #asked = new Map<string, number>()
  #cancelRepeat: (() => void) | undefined

  constructor(clock: Clock, peers?: Peers) {
    this.#clock = background(clock)
    this.#peers = peers
    peers?.listen((note, from) => this.#hear(note, from))
  }

  /** Others are told no more on their own account. */
  close(): void {
    this.#cancelRepeat?.()
  }

  /** Counts an open stream. The one that it replaces has closed. */
  add(watcher: Watcher): void {
    const watched = this.#watched.get(watcher.id) ?? nobody(watcher.id)
    this.#watched.set(watcher.id, watched)
    watched.streams.set(watcher, undefined)
    const seat = watched.seats.get(watcher.principal) ?? { open: 0, closed: new Map() }
    watched.seats.set(watcher.principal, seat)
    seat.open++
    if (!leaveClosed(seat, watcher.streamId)) this.#changed(watched)
  }

  /** Tells a stream whose replay is over who is watching. */
  caughtUp(watcher: Watcher): void {
    const watched = this.#watched.get(watcher.id)
    if (watched?.streams.has(watcher)) this.#tellList(watched, watcher)
  }

  /** The stream has ended, for this reason or because its connection did. */
  remove(watcher: Watcher, reason: EndReason | undefined): void {
    const watched = this.#watched.get(watcher.id)
    const seat = watched?.seats.get(watcher.principal)
    if (!watched || !seat || !watched.streams.delete(watcher)) return
    seat.open--
    if (reason === undefined || reason === 'replaced') this.#mayReturn(watched, seat, watcher)
    else {
      for (const cancel of seat.closed.values()) cancel()
      seat.closed.clear()
      this.#left(watched, watcher)
    }
  }

  /**
   * Who is watching a session now: the first 100. Where nobody is through this process, others are asked,
   * and have 250 ms to answer.
   */
  async watching(sessionId: string): Promise<Presence[]> {
    if (!this.#watched.has(sessionId) && this.#peers?.hasOthers) await this.#ask(sessionId)
    return this.#presence(sessionId)
  }

  /** Tells all streams of a session that are caught up, also through other processes. */
  tell(sessionId: string, sent: SentTransient): Promise<void> {
    if (this.#peers?.hasOthers) {
      this.#peers.tell({ kind: 'transient', sessionId, frame: sent.frame })
    }
    return this.#tellHere(sessionId, sent)
  }

  #tellHere(sessionId: string, sent: SentTransient): Promise<void> {
    const watched = this.#watched.get(sessionId)
    return watched ? eachInTurns(watched, ({ stream }) => stream.tell(sent)) : Promise.resolve()
  }

  #mayReturn(watched: Watched, seat: Seat, watcher: Watcher): void {
    const key = watcher.streamId ?? Symbol('without an id')
    const [oldest] = seat.closed.size < mostClosed ? [] : seat.closed.keys()
    if (oldest !== undefined && leaveClosed(seat, oldest)) this.#changed(watched)
    const gone = () => {
      seat.closed.delete(key)
      this.#left(watched, watcher)
    }
    seat.closed.set(key, this.#clock.after(returnTime, gone))
  }

  #left(watched: Watched, { id, principal }: Watcher): void {
    const seat = watched.seats.get(principal)
    if (seat?.open === 0 && seat.closed.size === 0) watched.seats.delete(principal)
    if (watched.seats.size > 0) return this.#changed(watched)
    watched.cancel?.()
    this.#watched.delete(id)
    this.#remote.forget(id)
    this.#peers?.tell({ kind: 'watching', sessionId: id, list: [], asks: false })
  }

  /** The streams of this process changed. */
  #changed(watched: Watched): void {
    watched.tells = true
    this.#gather(watched)
  }

  #gather(watched: Watched): void {
    watched.list = undefined
    watched.cancel ??= this.#clock.after(gathering, () => {
      watched.cancel = undefined
      if (watched.tells) this.#tellPeers(watched)
      void eachInTurns(watched, (watcher, told) => {
        if (told && told !== this.#listOf(watched)) this.#tellList(watched, watcher)
      })
    })
  }

  #tellPeers(watched: Watched): void {
    const { id: sessionId, asks } = watched
    const list = listed(seatsIn(watched))
    watched.tells = false
    watched.asks = false
    const isTold = this.#peers?.tell({ kind: 'watching', sessionId, list, asks })
    // A note has little room for long names.
    if (isTold === false) {
      this.#peers?.tell({ kind: 'watching', sessionId, list: list.slice(0, 5), asks })
    }
  }

  #hear(note: PeerNote, from: string): void {
    if (note.kind === 'transient') void this.#tellHere(note.sessionId, { frame: note.frame })
    if (note.kind !== 'watching') return
    const { sessionId, list, asks } = note
    const watched = this.#watched.get(sessionId)
    if (!watched && !this.#asked.has(sessionId)) return
    const said = list.length > 0 ? list : undefined
    const isNew = this.#remote.put(sessionId, from, said, this.#clock.monotonic())
    if (watched && isNew) this.#gather(watched)
    if (watched && asks) this.#tellPeers(watched)
    if (!this.#remote.isEmpty) this.#cancelRepeat ??= this.#repeatLater()
  }

  #repeatLater(): () => void {
    return this.#clock.after(repeating, () => {
      for (const sessionId of this.#remote.expire(this.#clock.monotonic())) {
        const watched = this.#watched.get(sessionId)
        if (watched) this.#gather(watched)
      }
      for (const sessionId of this.#remote.keys) {
        const watched = this.#watched.get(sessionId)
        if (watched) this.#tellPeers(watched)
      }
      this.#cancelRepeat = this.#remote.isEmpty ? undefined : this.#repeatLater()
    })
  }

  async #ask(sessionId: string): Promise<void> {
    this.#asked.set(sessionId, (this.#asked.get(sessionId) ?? 0) + 1)
    this.#peers?.tell({ kind: 'watching', sessionId, list: [], asks: true })
    await sleep(this.#clock, gathering)
    const others = (this.#asked.get(sessionId) ?? 1) - 1
    if (others > 0) this.#asked.set(sessionId, others)
    else this.#asked.delete(sessionId)
  }

  #presence(sessionId: string): Presence[] {
    const watched = this.#watched.get(sessionId)
    const counts = watched ? seatsIn(watched) : new Map<string, number>()
    for (const { principal, streams } of this.#remote.of(sessionId).flatMap(([, list]) => list)) {
      counts.set(principal, (counts.get(principal) ?? 0) + streams)
    }
    if (!watched && !this.#asked.has(sessionId)) this.#remote.forget(sessionId)
    return listed(counts)
  }

  #tellList(watched: Watched, watcher: Watcher): void {
    const list = this.#listOf(watched)
    watched.streams.set(watcher, list)
    watcher.stream.tell(list)
  }

  /** The same frame until the list changes. */
  #listOf(watched: Watched): SentTransient {
    watched.list ??= {
      frame: { type: 'transient', name: presenceName, data: this.#presence(watched.id) },
    }
    return watched.list
  }
}

function nobody(id: string): Watched {
  const isNew = { list: undefined, cancel: undefined, tells: true, asks: true }
  return { id, seats: new Map(), streams: new Map(), ...isNew }
}

/** Whether a closed stream of this id counted until now. */
function leaveClosed({ closed }: Seat, key: string | symbol | undefined): boolean {
  const cancel = key === undefined ? undefined : closed.get(key)
  if (key === undefined || !cancel) return false
  cancel()
  return closed.delete(key)
}

/** How many streams each principal has through this process; who came first is first. */
function seatsIn({ seats }: Watched): Map<string, number> {
  return new Map([...seats].map(([principal, { open, closed }]) => [principal, open + closed.size]))
}

function listed(counts: ReadonlyMap<string, number>): Presence[] {
  const first = [...counts].slice(0, mostListed)
  return first.map(([principal, streams]) => ({ principal, streams }))
}

async function eachInTurns(
  { streams }: Watched,
  work: (watcher: Watcher, told: SentTransient | undefined) => void,
): Promise<void> {
  let count = 0
  for (const [watcher, told] of streams) {
    work(watcher, told)
    if (++count % sliceSize === 0) await new Promise((resolve) => setImmediate(resolve))
  }
}
