/** How long what a process said counts, in ms, unless it says it again. */
const validFor = 60_000

/** What other processes said last about something, by its key. */
export class Heard<T> {
  readonly #byKey = new Map<string, Map<string, { said: T; until: number }>>()

  get keys(): Iterable<string> {
    return this.#byKey.keys()
  }

  get isEmpty(): boolean {
    return this.#byKey.size === 0
  }

  /** Whether it differs from what the process said before; `undefined` where there is nothing any more. */
  put(key: string, from: string, said: T | undefined, now: number): boolean {
    const processes = this.#byKey.get(key) ?? new Map()
    const before = JSON.stringify(processes.get(from)?.said)
    if (said === undefined) processes.delete(from)
    else processes.set(from, { said, until: now + validFor })
    if (processes.size > 0) this.#byKey.set(key, processes)
    else this.#byKey.delete(key)
    return before !== JSON.stringify(said)
  }

  /** What each process said. */
  of(key: string): [from: string, said: T][] {
    return [...(this.#byKey.get(key) ?? [])].map(([from, { said }]) => [from, said])
  }

  forget(key: string): void {
    this.#byKey.delete(key)
  }

  /** Forgets what was not said again in time. The keys that it changed. */
  expire(now: number): string[] {
    const changed: string[] = []
    for (const [key, processes] of this.#byKey) {
      const late = [...processes].filter(([, { until }]) => until <= now)
      for (const [from] of late) processes.delete(from)
      if (late.length > 0) changed.push(key)
      if (processes.size === 0) this.#byKey.delete(key)
    }
    return changed
  }
}
