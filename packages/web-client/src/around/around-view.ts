import type { Page, PageCursor } from '@caughtup/schema'

import { keepIdentity } from '../core/keep-identity.ts'
import { toViewError, type ViewError } from '../core/errors.ts'
import { request } from '../core/request.ts'
import { Published, type View } from '../live/published.ts'
import type { Change } from '../session/older-page.ts'
import type { SessionObserver, SessionView } from '../session/session-view.ts'
import type { AroundSnapshot } from './around-snapshot.ts'
import { afterChange, joined, type Stretch, stretchOf } from './stretch.ts'

/**
 * A view of the session's history around one of its messages, of any epoch, from which it can be read
 * on in both directions. It is kept right by the stream of the session's view.
 *
 * A function and not a method of the session's view, so that only pages that jump have it in their
 * bundle.
 */
export function aroundView(session: SessionView, messageId: string): AroundView {
  return new AroundView(session, messageId)
}

/** What is being loaded: a page at either end, or all of them. */
type Part = 'older' | 'newer' | 'all'

/** A request for a page. */
interface Read {
  /** Changes since it was sent, which the page may lack; at most `maxChanges`, beyond that `isLost`. */
  changes: Change[]
  isLost: boolean
  /** The page must have been read at this seq or later. */
  least: number
}

/** More than a session has within the default `requestTimeout`, at several answers' deltas per 33 ms. */
const maxChanges = 2_000

/**
 * Pages around a message. The first one is requested with the first subscriber, and while there are
 * subscribers the session's stream is open: what it tells of edits, deletions, undo, erasure and
 * streaming text is applied to the pages. After a full replay, which does not tell what changed, all of
 * them are requested again; the present ones are shown meanwhile, as `stale`.
 */
export class AroundView implements View<AroundSnapshot> {
  readonly sessionId: string
  readonly messageId: string
  readonly #session: SessionView
  readonly #published: Published<AroundSnapshot>
  #stretch: Stretch | undefined
  /** The stretch that replaces the shown one once all of its pages have come. */
  #renewed: Stretch | undefined
  readonly #reads = new Map<Part, Read>()
  readonly #errors = new Map<Part, ViewError>()
  /** Where the session's view was when the last subscriber went. */
  #leftAt: string | undefined
  /** Whether the session's view had no state when the first subscriber came. */
  #isFirstReplay = false
  #leave = () => {}

  /** @internal Views are made by `aroundView`. */
  constructor(session: SessionView, messageId: string) {
    this.sessionId = session.sessionId
    this.messageId = messageId
    this.#session = session
    this.#published = new Published(session.context, {
      build: (previous) => this.#build(previous),
      subscribedChanged: (subscribed) => (subscribed ? this.#enter() : this.#left()),
    })
  }

  /** Opens the session's stream with the first subscriber; returns the unsubscribe. */
  readonly subscribe = (listener: () => void): (() => void) => this.#published.subscribe(listener)

  /** The same object until something changes. */
  readonly getSnapshot = (): AroundSnapshot => this.#published.snapshot

  /**
   * Loads the next older page, one at a time, while there are subscribers. Does not throw: an error is
   * in `olderError`, and the next call requests the same page.
   */
  async loadOlder(): Promise<void> {
    const stretch = this.#stretch
    if (!stretch?.hasOlder || this.#isReading('older')) return
    await this.#loadPage('older', { before: stretch.first }, (page) => {
      if (this.#stretch) this.#stretch = joined(page, this.#stretch)
    })
  }

  /** The same for the next newer page, towards the present. */
  async loadNewer(): Promise<void> {
    const stretch = this.#stretch
    if (!stretch?.hasNewer || this.#isReading('newer')) return
    await this.#loadPage('newer', { after: stretch.last }, (page) => {
      if (this.#stretch) this.#stretch = joined(this.#stretch, page)
    })
  }

  /** Loads all pages again, for instance after an `error`. */
  async reload(): Promise<void> {
    this.#reads.clear()
    if (!this.#published.isSubscribed) return
    if (this.#stretch) {
      const { first } = this.#stretch
      this.#renewed = { ...this.#stretch, messages: [], last: first - 1, asOf: Infinity }
      await this.#renew()
      return
    }
    const { sessionId, messageId } = this
    const { history } = this.#session.context.rpc
    await this.#load(
      'all',
      (signal) => history.around({ sessionId, messageId }, { signal }),
      (page) => (this.#stretch = page),
    )
  }

  /** Loads the pages from the beginning of the stretch to its end, one after the other. */
  async #renew(): Promise<void> {
    let isPlaced = true
    while (isPlaced && this.#renewed) {
      isPlaced = await this.#loadPage('all', { after: this.#renewed.last }, (page) => {
        const renewed = this.#renewed ? joined(this.#renewed, page) : page
        const isWhole = !renewed.hasNewer || renewed.last >= (this.#stretch?.last ?? 0)
        this.#renewed = isWhole ? undefined : renewed
        if (isWhole) this.#stretch = renewed
      })
    }
  }

  #loadPage(part: Part, cursor: PageCursor, place: (page: Stretch) => void): Promise<boolean> {
    const { sessionId } = this
    const { history } = this.#session.context.rpc
    const ask = (signal: AbortSignal) => history.loadMore({ sessionId, cursor }, { signal })
    return this.#load(part, ask, place)
  }

  /**
   * Requests a page until it fits the changes that came meanwhile, and places it. Returns whether it
   * did: not after an error, or if another request took the place of this one.
   */
  async #load(
    part: Part,
    ask: (signal: AbortSignal) => Promise<Page>,
    place: (page: Stretch) => void,
  ): Promise<boolean> {
    const read: Read = { changes: [], isLost: false, least: 0 }
    this.#reads.set(part, read)
    this.#errors.delete(part)
    this.#published.changed()
    const isCurrent = () => this.#reads.get(part) === read
    try {
      while (isCurrent()) {
        Object.assign(read, { changes: [], isLost: false })
        const page = await request(this.#session.context, ask)
        const fits = !read.isLost && page.asOf >= read.least
        const stretch = fits ? stretchOf(page, read.changes) : 'torn'
        if (!isCurrent() || stretch === 'torn') continue
        this.#reads.delete(part)
        place(stretch)
        this.#published.changed()
        return true
      }
    } catch (cause) {
      if (isCurrent()) {
        this.#reads.delete(part)
        this.#errors.set(part, toViewError(cause))
        this.#published.changed()
      }
    }
    return false
  }

  #isReading(part: Part): boolean {
    return this.#reads.has(part) || this.#reads.has('all') || !this.#published.isSubscribed
  }

  #enter(): void {
    const { state, observers } = this.#session
    this.#isFirstReplay = state.cursor === undefined && state.view.seq === 0
    observers.add(this.#observe)
    this.#leave = this.#session.subscribe(() => this.#published.changedByFrame())
    if (!this.#stretch || state.cursor !== this.#leftAt) void this.reload()
  }

  #left(): void {
    this.#reads.clear()
    this.#renewed = undefined
    this.#leftAt = this.#session.state.cursor
    this.#session.observers.delete(this.#observe)
    this.#leave()
  }

  readonly #observe: SessionObserver = (frame, { building, view }) => {
    if (building) {
      if (frame.type === 'caught-up') this.#replaced()
    } else if (frame.type === 'events' || frame.type === 'text') {
      const changes: readonly Change[] = frame.type === 'text' ? [frame] : frame.events
      for (const change of changes) if (change.seq > view.seq) this.#apply(change)
    }
  }

  /** A full replay gave the session another view; what changed before it is not known. */
  #replaced(): void {
    const { seq } = this.#session.state.view
    const isFirst = this.#isFirstReplay
    this.#isFirstReplay = false
    // Nothing was known before, so what was read since then lacks no change.
    const reading = isFirst ? this.#reads.get('all') : undefined
    if (reading) reading.least = seq
    else if (!isFirst || (this.#stretch?.asOf ?? 0) < seq) void this.reload()
  }

  #apply(change: Change): void {
    for (const read of this.#reads.values()) {
      if (read.changes.length < maxChanges) read.changes.push(change)
      else read.isLost = true
    }
    const next = this.#stretch && afterChange(this.#stretch, change)
    const renewed = this.#renewed && afterChange(this.#renewed, change)
    if (next === 'torn' || renewed === 'torn') {
      void this.reload()
      return
    }
    this.#stretch = next
    this.#renewed = renewed
    this.#published.changedByFrame()
  }

  #build(previous: AroundSnapshot | undefined): AroundSnapshot {
    const { state } = this.#session
    const stretch = this.#stretch
    const [error, olderError, newerError] = [
      this.#errors.get('all'),
      this.#errors.get('older'),
      this.#errors.get('newer'),
    ]
    return keepIdentity(previous, {
      sessionId: this.sessionId,
      messageId: this.messageId,
      messages: stretch?.messages ?? none,
      loading: this.#reads.has('all'),
      ...(error && { error }),
      hasOlder: stretch?.hasOlder ?? false,
      loadingOlder: this.#reads.has('older'),
      ...(olderError && { olderError }),
      hasNewer: stretch?.hasNewer ?? false,
      loadingNewer: this.#reads.has('newer'),
      ...(newerError && { newerError }),
      stale: !state.caughtUp || this.#renewed !== undefined,
      reachesLive: stretch !== undefined && state.caughtUp && meets(stretch, state.view.messages),
    })
  }
}

const none: AroundSnapshot['messages'] = []

/** Whether no message lies between the stretch and the messages of the live view. */
function meets({ last, hasNewer }: Stretch, [first]: AroundSnapshot['messages']): boolean {
  return !hasNewer || (first !== undefined && last >= first.order - 1)
}
