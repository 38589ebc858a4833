import { background, within } from '@caughtup/schema/clock'

import type { ClientContext } from '../core/client-context.ts'
import { emptySessionState } from '../session/session-state.ts'
import type { SessionCache, SessionView } from '../session/session-view.ts'
import type { Cache } from './cache.ts'
import { type CachedSession, fromCache, isEmpty, toCache } from './cached-session.ts'

/** A session is written when nothing came for this long, in ms, and not while an answer streams. */
const idleAfter = 2_000
/** The network is not kept waiting any longer for the cache, in ms. */
const readTimeout = 500

/** Where sessions are cached, of one user. A call may fail: then what it was for is not cached. */
export interface CacheStore {
  /** What was written last, or `undefined`. It is checked before it is used. */
  read(sessionId: string): Promise<unknown>
  write(sessionId: string, session: CachedSession): Promise<void>
  remove(sessionId: string): Promise<void>
  /** Called when the client is closed, after its last call. */
  close(): void
}

/** A cache over a store, for the sessions of one user and for one client. */
export function storedCache(store: CacheStore): Cache {
  return (context) => new StoredCache(context, store)
}

class StoredCache implements SessionCache {
  readonly #context: ClientContext
  readonly #store: CacheStore
  /** The views that are followed, with what cancels their next writing. */
  readonly #views = new Map<SessionView, () => void>()
  /** What was written of each last. */
  readonly #written = new WeakMap<SessionView, string>()
  /** The views whose frames are heard. */
  readonly #heard = new WeakSet<SessionView>()
  #last: Promise<unknown> = Promise.resolve()

  constructor(context: ClientContext, store: CacheStore) {
    this.#context = context
    this.#store = store
    const { network, closed } = context
    const unwatch = network.subscribe(() => {
      // A hidden page may be gone without another sign.
      if (network.isVisible?.() === false) for (const view of this.#views.keys()) this.#write(view)
    })
    closed.addEventListener('abort', () => {
      unwatch()
      for (const view of this.#views.keys()) this.#write(view)
      for (const cancel of this.#views.values()) cancel()
      void this.#last.then(() => store.close())
    })
  }

  async restore(view: SessionView): Promise<void> {
    if (!this.#views.has(view)) this.#views.set(view, () => {})
    if (!this.#heard.has(view)) {
      this.#heard.add(view)
      view.observers.add(() => this.#writeWhenIdle(view))
    }
    if (!isEmpty(view)) return
    const { sessionId } = view
    const reading = this.#use(() => this.#store.read(sessionId))
    const read = await within(reading, this.#context.clock, readTimeout)
    if (read === 'late' || read.value === undefined || !isEmpty(view)) return
    const cached = fromCache(read.value)
    if (cached) view.restore({ ...emptySessionState, view: cached.view, cursor: cached.cursor })
    else this.remove(sessionId)
  }

  changed(view: SessionView, isLeft: boolean): void {
    const { endReason, error } = view.connection
    const isGone = endReason === 'session-deleted' || endReason === 'forbidden'
    if (isGone || error?.code === 'NOT_FOUND') this.remove(view.sessionId)
    if (!isLeft) return
    this.#write(view)
    this.#views.get(view)?.()
    this.#views.delete(view)
  }

  remove(sessionId: string): void {
    void this.#use(() => this.#store.remove(sessionId))
  }

  #writeWhenIdle(view: SessionView): void {
    if (!this.#views.has(view)) return
    this.#views.get(view)?.()
    const cancel = background(this.#context.clock).after(idleAfter, () => {
      if (view.state.view.run?.status !== 'streaming') this.#write(view)
    })
    this.#views.set(view, cancel)
  }

  #write(view: SessionView): void {
    const session = toCache(view.state)
    if (!session || this.#written.get(view) === session.cursor) return
    this.#written.set(view, session.cursor)
    void this.#use(() => this.#store.write(view.sessionId, session))
  }

  /** One use after the other; without a result if it fails, because the cache is only a help. */
  #use<T>(use: () => Promise<T>): Promise<T | undefined> {
    const used = this.#last.then(use).catch(() => undefined)
    this.#last = used
    return used
  }
}
