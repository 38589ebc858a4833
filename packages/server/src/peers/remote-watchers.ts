import type { Presence } from '@caughtup/schema'

/** How long what a process said counts, in ms, unless it says it again. */
const validFor = 60_000

/** Who is watching sessions through other processes, as these said last. */
export class RemoteWatchers {
  readonly #bySession = new Map<string, Map<string, { list: readonly Presence[]; until: number }>>()

  get sessions(): Iterable<string> {
    return this.#bySession.keys()
  }

  get isEmpty(): boolean {
    return this.#bySession.size === 0
  }

  /** Whether anything changed. */
  put(sessionId: string, from: string, list: readonly Presence[], now: number): boolean {
    const processes = this.#bySession.get(sessionId) ?? new Map()
    const before = JSON.stringify(processes.get(from)?.list ?? [])
    if (list.length === 0) processes.delete(from)
    else processes.set(from, { list, until: now + validFor })
    if (processes.size > 0) this.#bySession.set(sessionId, processes)
    else this.#bySession.delete(sessionId)
    return before !== JSON.stringify(list)
  }

  /** The streams of each principal. */
  watching(sessionId: string): Map<string, number> {
    const counts = new Map<string, number>()
    for (const { list } of this.#bySession.get(sessionId)?.values() ?? []) {
      for (const { principal, streams } of list) {
        counts.set(principal, (counts.get(principal) ?? 0) + streams)
      }
    }
    return counts
  }

  forget(sessionId: string): void {
    this.#bySession.delete(sessionId)
  }

  /** Forgets what was not said again in time. The sessions that it changed. */
  expire(now: number): string[] {
    const changed: string[] = []
    for (const [sessionId, processes] of this.#bySession) {
      const late = [...processes].filter(([, { until }]) => until <= now)
      for (const [from] of late) processes.delete(from)
      if (late.length > 0) changed.push(sessionId)
      if (processes.size === 0) this.#bySession.delete(sessionId)
    }
    return changed
  }
}
