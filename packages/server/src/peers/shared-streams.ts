import { background, type Clock } from '@caughtup/schema/clock'

import { Heard } from './heard.ts'
import type { PeerNote, Peers } from './peers.ts'

/** How long changes are gathered before other processes are told, in ms. */
const gathering = 250
/** How often other processes are told again of principals that have streams through them too, in ms. */
const repeating = 20_000
/** Of two streams that were opened within so many ms, nobody knows which is older. */
const sameTime = 1_000
/** How many streams of a principal are named to others. More of them would be no devices. */
const mostNamed = 64

/** A stream of this process. */
export interface OwnStream {
  readonly streamId?: string | undefined
  /** By the monotonic clock. */
  readonly openedAt: number
  readonly stream: {
    readonly unreadFor: number
    end(reason: 'replaced'): void
    cut(): void
  }
}

interface Told {
  open: number
  ids: readonly string[]
}

/**
 * The streams that principals have through several processes, as far as these tell each other: a process asks
 * the others when it opens a principal's first stream. What a dead process said last counts for a minute, and
 * where nothing is heard each process counts its own.
 */
export class SharedStreams {
  readonly #peers: Peers
  readonly #clock: Clock
  readonly #most: number
  readonly #own: (principal: string) => Iterable<OwnStream>
  readonly #heard = new Heard<Told>()
  /** Principals with streams here of which the others were asked. */
  readonly #asked = new Set<string>()
  /** Principals of whom the others are to be told. */
  readonly #changed = new Set<string>()
  #isGathering = false
  #isRepeating = false

  /** @param most - streams of a principal, through all processes */
  constructor(
    peers: Peers,
    around: { clock: Clock; most: number; own: (principal: string) => Iterable<OwnStream> },
  ) {
    this.#peers = peers
    this.#clock = background(around.clock)
    this.#most = around.most
    this.#own = around.own
    peers.listen((note, from) => this.#hear(note, from))
  }

  /** How many streams a principal has through others, without one that a stream of this id replaces. */
  count(principal: string, streamId?: string): number {
    const ids = streamId === undefined ? [] : [streamId]
    return sum(this.#heard.of(principal).map(([, told]) => openBeside(told, ids)))
  }

  /** The principal's streams here have changed. */
  changed(principal: string): void {
    this.#changed.add(principal)
    if (this.#isGathering) return
    this.#isGathering = true
    this.#clock.after(gathering, () => {
      this.#isGathering = false
      for (const each of this.#changed) this.#tell(each)
      this.#changed.clear()
    })
  }

  #tell(principal: string): void {
    const own = [...this.#own(principal)]
    const hasAsked = this.#asked.has(principal)
    if (own.length > 0) this.#asked.add(principal)
    else this.#asked.delete(principal)
    const isShared = this.#heard.of(principal).length > 0
    // Its predecessor may be anywhere.
    const isNew = own.some(({ openedAt }) => this.#age(openedAt) < 2 * gathering)
    if (this.#peers.hasOthers && (isShared || isNew)) {
      const note = { kind: 'streams', principal, open: own.length, asks: !hasAsked } as const
      const named = own.toReversed().flatMap(({ streamId, openedAt }) => {
        return streamId === undefined ? [] : [{ id: streamId, age: this.#age(openedAt) }]
      })
      const isTold = this.#peers.tell({ ...note, ids: named.slice(0, mostNamed) })
      // A note has little room for long names.
      if (!isTold) this.#peers.tell({ ...note, ids: named.slice(0, 5) })
    }
    if (own.length === 0) this.#heard.forget(principal)
  }

  #age(openedAt: number): number {
    return this.#clock.monotonic() - openedAt
  }

  #hear(note: PeerNote, from: string): void {
    if (note.kind !== 'streams') return
    const { principal, open, ids, asks } = note
    if (none(this.#own(principal))) return
    for (const { id, age } of ids) this.#replace(principal, id, age)
    const told = open > 0 ? { open, ids: ids.map(({ id }) => id) } : undefined
    this.#heard.put(principal, from, told, this.#clock.monotonic())
    this.#cutExcess(principal)
    if (asks) this.#tell(principal)
    if (!this.#isRepeating && !this.#heard.isEmpty) this.#repeatLater()
  }

  /** Ends the streams that are older than another process's of the same id. */
  #replace(principal: string, id: string, age: number): void {
    for (const { streamId, openedAt, stream } of this.#own(principal)) {
      const older = this.#age(openedAt) - age
      if (streamId !== id || older < -sameTime) continue
      if (older > sameTime) stream.end('replaced')
      // If it is the newer one after all, its client comes back: it is not told to stay away.
      else stream.cut()
    }
  }

  /** Where several processes let in too many at once, those of the first one by name stay. */
  #cutExcess(principal: string): void {
    const own = [...this.#own(principal)]
    const ids = own.flatMap(({ streamId }) => streamId ?? [])
    const first = this.#heard.of(principal).filter(([from]) => from < this.#peers.name)
    const excess = own.length + sum(first.map(([, told]) => openBeside(told, ids))) - this.#most
    const order = own.toSorted(
      (a, b) => b.stream.unreadFor - a.stream.unreadFor || b.openedAt - a.openedAt,
    )
    for (const { stream } of order.slice(0, Math.max(0, excess))) stream.cut()
  }

  #repeatLater(): void {
    this.#isRepeating = true
    this.#clock.after(repeating, () => {
      this.#isRepeating = false
      this.#heard.expire(this.#clock.monotonic())
      for (const principal of this.#heard.keys) this.#tell(principal)
      if (!this.#heard.isEmpty) this.#repeatLater()
    })
  }
}

/** Streams of another process beside those that have these ids. */
function openBeside({ open, ids }: Told, others: readonly string[]): number {
  return open - ids.filter((id) => others.includes(id)).length
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}

function none(items: Iterable<unknown>): boolean {
  return [...items].length === 0
}
