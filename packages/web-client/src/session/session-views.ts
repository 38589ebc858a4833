import type { SessionView } from './session-view.ts'

/**
 * The session views of a client: one object per session, as long as it is referenced.
 *
 * The last `idleViews` views to lose their subscribers keep their state; others forget it. Of those with subscribers, the last `fullStreams` to get them have a stream;
 * the others give way, and say so.
 */
export class SessionViews {
  readonly #idleViews: number
  readonly #fullStreams: number
  readonly #create: (sessionId: string) => SessionView
  readonly #views = new Map<string, WeakRef<SessionView>>()
  /** Removes the entries of collected views. */
  readonly #collected = new FinalizationRegistry<string>((sessionId) => {
    if (!this.peek(sessionId)) this.#views.delete(sessionId)
  })
  /** In the order in which they got their subscribers. */
  readonly #subscribed = new Set<SessionView>()
  /** In the order in which they lost their subscribers. */
  readonly #idle = new Set<SessionView>()

  constructor(
    { idleViews, fullStreams }: { idleViews: number; fullStreams: number },
    create: (sessionId: string) => SessionView,
  ) {
    this.#idleViews = idleViews
    this.#fullStreams = fullStreams
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

  /** The views that are still referenced. */
  all(): SessionView[] {
    return [...this.#views.values()].flatMap((reference) => reference.deref() ?? [])
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
    this.share()
  }

  /** A view with subscribers is to have a stream before others. */
  prefer(view: SessionView): void {
    if (this.#subscribed.delete(view)) this.#subscribed.add(view)
    this.share()
  }

  /** Gives the streams to the views that were wanted last; those that are paused need none. */
  share(): void {
    const wanted = [...this.#subscribed].filter((view) => !view.isPaused)
    const displaced = wanted.length - this.#fullStreams
    // First the ones that give way: there are never more streams than that.
    for (const [index, view] of wanted.entries()) view.displace(index < displaced)
  }

  /** The activity feed changed, which views show until they are caught up. */
  activityChanged(): void {
    for (const view of [...this.#subscribed, ...this.#idle]) view.activityChanged()
  }

  close(): void {
    for (const view of this.#subscribed) view.close()
  }

  /** Views become idle one at a time. */
  #evict(): void {
    const [oldest] = this.#idle
    if (!oldest || this.#idle.size <= this.#idleViews) return
    this.#idle.delete(oldest)
    oldest.forget()
  }
}
