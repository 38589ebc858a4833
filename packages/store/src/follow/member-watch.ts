import type { OnError } from '../base/on-error.ts'

/** Called with the sessions whose members may have changed, or that were deleted. */
export type MembersListener = (sessions: ReadonlySet<string> | 'all') => Promise<void> | void

/** Tells of changes of sessions' members, in this process and in others. */
export class MemberWatch {
  readonly #listeners = new Set<MembersListener>()
  readonly #watch: () => Disposable
  readonly #onError: OnError

  /** `watch` watches for changes of other processes until it is disposed of. */
  constructor(watch: () => Disposable, onError: OnError) {
    this.#watch = watch
    this.#onError = onError
  }

  /** Calls the listener until the returned function is called. */
  listen(listener: MembersListener): () => void {
    const watching = this.#watch()
    const own: MembersListener = (sessions) => listener(sessions)
    this.#listeners.add(own)
    return () => {
      this.#listeners.delete(own)
      watching[Symbol.dispose]()
    }
  }

  /** Resolves when every listener has acted on it, whether it failed or not. */
  async changed(sessions: ReadonlySet<string> | 'all'): Promise<void> {
    await Promise.all([...this.#listeners].map((listener) => this.#call(listener, sessions)))
  }

  async #call(listener: MembersListener, sessions: ReadonlySet<string> | 'all'): Promise<void> {
    try {
      await listener(sessions)
    } catch (error) {
      this.#onError(error, 'telling of changed members')
    }
  }
}
