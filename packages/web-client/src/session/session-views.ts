import type { SessionView } from './session-view.ts'

/**
 * The session views of a client: one object per session, as long as it is referenced.
 *
 * The last `idleViews` views to lose their subscribers keep their state; others forget it, except
 * while they send a prompt.
 */
export class SessionViews {
  readonly #idleViews: number
  readonly #create: (sessionId: string) => SessionView
  readonly #views = new Map<string, WeakRef<SessionView>>()
  /** Removes the entries of collected views. */
  readonly #collected = new FinalizationRegistry<string>((sessionId) => {
    if (!this.peek(sessionId)) this.#views.delete(sessionId)
  })
  readonly #subscribed = new Set<SessionView>()
  /** In the order in which they lost their subscribers. */
  readonly #idle = new Set<SessionView>()

  constructor(idleViews: number, create: (sessionId: string) => SessionView) {
    this.#idleViews = idleViews
    this.#create = create
  }

  get(sessionId: string): SessionView {
    const known = this.peek(sessionId)
    if (known) return known
    const view = this.#create(sessionId)
    this.#views.set(sessionId, new WeakRef(view))
    this.#collected.register(view, sessionId)
    this.subscribedChanged(view, false)
    return view
  }

  /** The view, if there is one. */
  peek(sessionId: string): SessionView | undefined {
    return this.#views.get(sessionId)?.deref()
  }

  subscribedChanged(view: SessionView, subscribed: boolean): void {
    this.#idle.delete(view)
    if (subscribed) {
      this.#subscribed.add(view)
    } else {
      this.#subscribed.delete(view)
      this.#idle.add(view)
      this.#evict()
    }
  }

  /** The activity feed changed, which views show until they are caught up. */
  activityChanged(): void {
    for (const view of [...this.#subscribed, ...this.#idle]) view.activityChanged()
  }

  close(): void {
    for (const view of this.#subscribed) view.close()
  }

  /** Views become idle one at a time, so looking at the two oldest each time is enough. */
  #evict(): void {
    for (let looks = 0; looks < 2 && this.#idle.size > this.#idleViews; looks++) {
      const [oldest] = this.#idle
      if (!oldest) return
      this.#idle.delete(oldest)
      if (oldest.isSending) this.#idle.add(oldest)
      else oldest.forget()
    }
  }
}
