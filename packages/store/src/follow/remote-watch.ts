import type { Clock } from '@caughtup/schema/clock'

import { Backoff } from '../base/backoff.ts'
import type { ChangeFeed, RemoteChanges } from '../port/bus.ts'

/** Pauses after failed reads, in ms: they grow to a delay that readers still barely notice. */
const delays = { first: 100, last: 5_000 }

/**
 * Reports what other processes write to the same database. It watches only while this process has
 * followers, so that an idle store does not read.
 */
export class RemoteWatch {
  readonly #feed: ChangeFeed
  readonly #clock: Clock
  readonly #changed: (changes: RemoteChanges) => void
  readonly #failed: (error: unknown) => void
  #watchers = 0
  #stop = new AbortController()
  /** The current read loop, after all earlier ones; pending while somebody watches. */
  #reading: Promise<void> = Promise.resolve()
  #closed = false
  /** Why the newest read failed, or what it said that it cannot hear; `undefined` once one succeeds. */
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
    await this.#reading
  }

  #notice(error: unknown): void {
    if (this.lastError === undefined) this.#failed(error)
    this.lastError = String(error)
  }

  #start(): void {
    if (this.#closed) return
    this.#stop = new AbortController()
    const { signal } = this.#stop
    // The previous loop may still be ending, and two at once would each get a part of the changes.
    this.#reading = this.#reading.then(() => this.#readLoop(signal))
  }

  async #readLoop(signal: AbortSignal): Promise<void> {
    const backoff = new Backoff(delays)
    while (!signal.aborted) {
      try {
        const changes = await this.#feed.next(signal)
        this.#changed(changes)
        if (changes.failure === undefined) this.lastError = undefined
        else this.#notice(changes.failure)
        backoff.reset()
      } catch (error) {
        if (signal.aborted) return
        this.#notice(error)
        await backoff.wait(this.#clock, signal)
      }
    }
  }
}
