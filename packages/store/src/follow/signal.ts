import { abortable } from '@caughtup/schema/abortable'

/**
 * A doorbell: tells those who listen that there may be something new to read, and nothing else.
 * It costs memory for as long as somebody listens.
 */
export class Bell {
  readonly #listeners = new Map<string, Set<Listener>>()
  readonly #silent: (key: string) => void

  /** `silent` is called with a key that nobody listens to any more. */
  constructor(silent: (key: string) => void = () => undefined) {
    this.#silent = silent
  }

  /** Listens from now on, until it is disposed of. */
  listen(key: string): Listener {
    const listener = new Listener(() => {
      const others = this.#listeners.get(key)
      if (!others?.delete(listener) || others.size > 0) return
      this.#listeners.delete(key)
      this.#silent(key)
    })
    const listeners = this.#listeners.get(key) ?? new Set()
    this.#listeners.set(key, listeners.add(listener))
    return listener
  }

  /** Whether anybody listens to any key. */
  get isHeard(): boolean {
    return this.#listeners.size > 0
  }

  /** Whether anybody listens to this one. */
  hears(key: string): boolean {
    return this.#listeners.has(key)
  }

  ring(key: string): void {
    for (const listener of this.#listeners.get(key) ?? []) listener.ring()
  }

  ringAll(): void {
    for (const key of this.#listeners.keys()) this.ring(key)
  }
}

/**
 * One who listens. Call `quiet` before reading, then read, then wait for `rung`: what arrives in
 * between has rung already.
 */
export class Listener implements Disposable {
  #rung = false
  #wake: (() => void) | undefined
  readonly #leave: () => void

  constructor(leave: () => void) {
    this.#leave = leave
  }

  /** Forgets what rang until now. */
  quiet(): void {
    this.#rung = false
  }

  ring(): void {
    this.#rung = true
    this.#wake?.()
  }

  /** Resolves when it rang since `quiet`; rejects with the signal's reason. */
  async rung(signal: AbortSignal): Promise<void> {
    if (this.#rung) return
    await abortable(new Promise<void>((resolve) => (this.#wake = resolve)), signal)
  }

  [Symbol.dispose](): void {
    this.#leave()
  }
}
