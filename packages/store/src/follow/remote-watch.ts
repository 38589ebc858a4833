import type { Clock } from '@caughtup/schema/clock'

import { Backoff } from '../base/backoff.ts'
import type { ChangeFeed, RemoteChanges } from '../port/change-feed.ts'

/** From the time that an engine takes to notice a change, to one that readers barely notice; in ms. */
const delays = { first: 100, last: 5_000 }

/**
 * Watches for what other processes write to the same database, while this process has followers: an
 * idle store does not read.
 */
export class RemoteWatch {
  readonly #feed: ChangeFeed
  readonly #clock: Clock
  readonly #changed: (changes: RemoteChanges) => void
  readonly #failed: (error: unknown) => void
  #watchers = 0
  #stop = new AbortController()
  /** The looks, one after the other; pending while somebody watches. */
  #looking: Promise<void> = Promise.resolve()
  #closed = false
  /** Why the newest look failed; `undefined` once one succeeds. */
  lastError: string | undefined

  constructor(
    feed: ChangeFeed,
    clock: Clock,
    changed: (changes: RemoteChanges) => void,
    /** Called for the first of consecutive failures. */
    failed: (error: unknown) => void = () => undefined,
  ) {
    this.#feed = feed
    this.#clock = clock
    this.#changed = changed
    this.#failed = failed
  }

  /** Watches until the returned handle is disposed of. */
  readonly watch = (): Disposable => {
    if (this.#watchers++ === 0) this.#start()
    let watching = true
    return {
      [Symbol.dispose]: () => {
        if (!watching) return
        watching = false
        if (--this.#watchers === 0) this.#stop.abort()
      },
    }
  }

  /** Resolves when no read is under way any more. */
  async close(): Promise<void> {
    this.#closed = true
    this.#stop.abort()
    await this.#looking
  }

  #start(): void {
    if (this.#closed) return
    this.#stop = new AbortController()
    const { signal } = this.#stop
    // The previous look may still be ending, and two at once would each get a part of the changes.
    this.#looking = this.#looking.then(() => this.#look(signal))
  }

  async #look(signal: AbortSignal): Promise<void> {
    const backoff = new Backoff(delays)
    while (!signal.aborted) {
      try {
        this.#changed(await this.#feed.next(signal))
        this.lastError = undefined
        backoff.reset()
      } catch (error) {
        if (signal.aborted) return
        if (this.lastError === undefined) this.#failed(error)
        this.lastError = String(error)
        await backoff.wait(this.#clock, signal)
      }
    }
  }
}
