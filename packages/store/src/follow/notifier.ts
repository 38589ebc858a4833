import { abortable } from '@caughtup/schema/abortable'

/**
 * Tells listeners of a key that there may be something new to read, and nothing else: no payload,
 * no queue. It holds memory only for keys that have listeners.
 */
export class Notifier {
  readonly #listeners = new Map<string, Set<Listener>>()
  readonly #abandoned: (key: string) => void

  /** `abandoned` is called with a key whose last listener left. */
  constructor(abandoned: (key: string) => void = () => undefined) {
    this.#abandoned = abandoned
  }

  /** Listens from now on, until the listener is disposed of. */
  listen(key: string): Listener {
    const listener = new Listener(() => {
      const others = this.#listeners.get(key)
      if (!others?.delete(listener) || others.size > 0) return
      this.#listeners.delete(key)
      this.#abandoned(key)
    })
    const listeners = this.#listeners.get(key) ?? new Set()
    this.#listeners.set(key, listeners.add(listener))
    return listener
  }

  /** Whether any key has listeners. */
  get hasAnyListener(): boolean {
    return this.#listeners.size > 0
  }

  hasListeners(key: string): boolean {
    return this.#listeners.has(key)
  }

  notify(key: string): void {
    for (const listener of this.#listeners.get(key) ?? []) listener.notify()
  }

  notifyAll(): void {
    for (const key of this.#listeners.keys()) this.notify(key)
  }
}

/**
 * Call `reset` before reading, then read, then await `next`: a notification that arrives in between
 * is not lost, because `next` then resolves at once.
 */
export class Listener implements Disposable {
  #notified = false
  #wake: (() => void) | undefined
  readonly #leave: () => void

  constructor(leave: () => void) {
    this.#leave = leave
  }

  /** Forgets notifications until now. */
  reset(): void {
    this.#notified = false
  }

  /** Whether there was a notification since `reset`. */
  get isNotified(): boolean {
    return this.#notified
  }

  notify(): void {
    this.#notified = true
    this.#wake?.()
  }

  /** Resolves at the first notification since `reset`; rejects with the signal's reason. */
  async next(signal: AbortSignal): Promise<void> {
    if (this.#notified) return
    await abortable(new Promise<void>((resolve) => (this.#wake = resolve)), signal)
  }

  [Symbol.dispose](): void {
    this.#leave()
  }
}
