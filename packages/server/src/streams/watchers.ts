import type { EndReason, Presence } from '@caughtup/schema'
import { background, type Clock } from '@caughtup/schema/clock'
import { presenceName } from '@caughtup/schema/protocol'

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
  /** By principal; who came first is first. */
  seats: Map<string, Seat>
  /** The open streams, with the list that each was told last; `undefined` before it is caught up. */
  streams: Map<Watcher, SentTransient | undefined>
  /** The list as a frame; `undefined` when it may have changed. */
  list: SentTransient | undefined
  /** Set while changes are gathered. */
  cancel: (() => void) | undefined
}

/**
 * Who is watching which session in this process, and the way of transients to them. A stream counts from
 * when its caller may have it, and for two seconds after its end, unless it comes back meanwhile or its
 * principal may not watch any more.
 */
export class Watchers {
  readonly #clock: Clock
  readonly #watched = new Map<string, Watched>()

  constructor(clock: Clock) {
    this.#clock = background(clock)
  }

  /** Counts an open stream. The one that it replaces has closed. */
  add(watcher: Watcher): void {
    const watched = this.#watched.get(watcher.id) ?? nobody()
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
    if (watched?.streams.has(watcher)) tellList(watched, watcher)
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

  /** Who is watching a session now: the first 100. */
  watching(sessionId: string): Presence[] {
    const watched = this.#watched.get(sessionId)
    return watched ? presenceIn(watched) : []
  }

  /** Tells all streams of a session that are caught up. */
  tell(sessionId: string, sent: SentTransient): Promise<void> {
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
  }

  #changed(watched: Watched): void {
    watched.list = undefined
    watched.cancel ??= this.#clock.after(gathering, () => {
      watched.cancel = undefined
      void eachInTurns(watched, (watcher, told) => {
        if (told && told !== listOf(watched)) tellList(watched, watcher)
      })
    })
  }
}

function nobody(): Watched {
  return { seats: new Map(), streams: new Map(), list: undefined, cancel: undefined }
}

/** Whether a closed stream of this id counted until now. */
function leaveClosed({ closed }: Seat, key: string | symbol | undefined): boolean {
  const cancel = key === undefined ? undefined : closed.get(key)
  if (key === undefined || !cancel) return false
  cancel()
  return closed.delete(key)
}

function tellList(watched: Watched, watcher: Watcher): void {
  const list = listOf(watched)
  watched.streams.set(watcher, list)
  watcher.stream.tell(list)
}

/** The same frame until the list changes. */
function listOf(watched: Watched): SentTransient {
  watched.list ??= { frame: { type: 'transient', name: presenceName, data: presenceIn(watched) } }
  return watched.list
}

function presenceIn({ seats }: Watched) {
  const first = [...seats].slice(0, mostListed)
  return first.map(
    ([principal, { open, closed }]) =>
      ({ principal, streams: open + closed.size }) satisfies Presence,
  )
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
