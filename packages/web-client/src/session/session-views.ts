import type { SessionView } from './session-view.ts'

/**
 * The session views of a client: one object per session, as long as anybody holds it.
 *
 * Views without subscribers keep what they hold while they are among the `idleViews` left last;
 * older ones forget it. A view that is sending a prompt is kept beyond that.
 */
export class SessionViews {
  readonly #idleViews: number
  readonly #create: (sessionId: string) => SessionView
  readonly #views = new Map<string, WeakRef<SessionView>>()
  /** Drops the entries of views that nobody holds any more. */
  readonly #collected = new FinalizationRegistry<string>((sessionId) => {
    if (!this.peek(sessionId)) this.#views.delete(sessionId)
  })
  readonly #subscribed = new Set<SessionView>()
  /** Least recently left first. */
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

  /** The view, where there is one. */
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

  /** The activity feed changed: views that are not caught up show what it says. */
  activityChanged(): void {
    for (const view of [...this.#subscribed, ...this.#idle]) view.activityChanged()
  }

  close(): void {
    for (const view of this.#subscribed) view.close()
  }

  /** One view comes at a time, so that looking at the two oldest each time is enough. */
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
