import { type Clock, sleep } from '@caughtup/schema/clock'

import type { ChangeFeed, RemoteChanges } from '../port/change-feed.ts'

const firstRetry = 100
const lastRetry = 5_000

/**
 * Looks out for what other processes write into the same database, for as long as anybody here
 * would show it: an idle store asks for nothing.
 */
export class RemoteWatch {
  readonly #feed: ChangeFeed
  readonly #clock: Clock
  readonly #changed: (changes: RemoteChanges) => void
  readonly #failed: (error: unknown) => void
  #watchers = 0
  #stop = new AbortController()
  /** One look after the other; the last is under way while anybody watches. */
  #looking: Promise<void> = Promise.resolve()
  #closed = false
  /** Why the newest look failed, when it did; it is or was tried again. */
  lastError: string | undefined

  constructor(
    feed: ChangeFeed,
    clock: Clock,
    changed: (changes: RemoteChanges) => void,
    /** Called for the first of several failures. */
    failed: (error: unknown) => void = () => undefined,
  ) {
    this.#feed = feed
    this.#clock = clock
    this.#changed = changed
    this.#failed = failed
  }

  /** Watches until it is disposed of. */
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

  /** Resolves when the database is asked no more. */
  async close(): Promise<void> {
    this.#closed = true
    this.#stop.abort()
    await this.#looking
  }

  #start(): void {
    if (this.#closed) return
    this.#stop = new AbortController()
    const { signal } = this.#stop
    // The look before may still be on its way out, and two at once would share the answers.
    this.#looking = this.#looking.then(() => this.#look(signal))
  }

  async #look(signal: AbortSignal): Promise<void> {
    let delay = firstRetry
    while (!signal.aborted) {
      try {
        this.#changed(await this.#feed.next(signal))
        this.lastError = undefined
        delay = firstRetry
      } catch (error) {
        if (signal.aborted) return
        if (this.lastError === undefined) this.#failed(error)
        this.lastError = String(error)
        await sleep(this.#clock, delay, signal).catch(() => undefined)
        delay = Math.min(lastRetry, delay * 2)
      }
    }
  }
}
