import type { Settings } from '../host/server-options.ts'

/**
 * Finds processes that owe calls and are presumed dead: their heartbeat counters have not changed for
 * one lease, by this process's monotonic clock.
 */
export class SilentProcesses {
  readonly #settings: Settings
  readonly #seen = new Map<string, { beats: number; since: number }>()

  constructor(settings: Settings) {
    this.#settings = settings
  }

  /**
   * @param late - how late the call is, in ms: after a suspend, nobody knows how long a counter has not
   *   changed
   */
  async find(late: number): Promise<string[]> {
    const { store, lease } = this.#settings
    if (late > lease / 2) this.#seen.clear()
    const holders = await store.hooks.holders()
    const now = store.clock.monotonic()
    const known = new Set(holders.map(({ process }) => process))
    for (const process of this.#seen.keys()) if (!known.has(process)) this.#seen.delete(process)
    return holders.flatMap(({ process, beats }) => {
      const seen = this.#seen.get(process)
      if (seen?.beats === beats) return now - seen.since >= lease ? [process] : []
      this.#seen.set(process, { beats, since: now })
      return []
    })
  }
}
