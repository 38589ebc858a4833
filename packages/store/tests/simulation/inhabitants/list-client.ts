import { CaughtupError, type ActivityRow } from '@caughtup/schema'

import { StorageError } from '../../../src/port/storage-error.ts'
import type { World } from '../world/world.ts'

/** A principal's client of the session list that uses one process for as long as it lives. */
export class ListClient {
  readonly principal: string
  readonly #world: World
  #rows: ReadonlyMap<string, ActivityRow> = new Map()

  constructor(world: World, principal: string) {
    this.#world = world
    this.principal = principal
  }

  get rows(): ActivityRow[] {
    return [...this.#rows.values()]
  }

  async run(): Promise<void> {
    const { random, outside } = this.#world
    for (let cursor: string | undefined; ;) {
      const { host } = random.pick(this.#world.hosts)
      const { store, life } = await host.running()
      let collecting: Map<string, ActivityRow> | undefined
      try {
        for await (const batch of store.activity.follow(this.principal, cursor, {
          signal: life.killed,
        })) {
          if (batch.complete && !collecting) collecting = new Map()
          const rows = collecting ?? new Map(this.#rows)
          for (const row of batch.rows) rows.set(row.sessionId, row)
          for (const { sessionId } of batch.removed) rows.delete(sessionId)
          if (!collecting || batch.cursor !== undefined) this.#rows = rows
          if (batch.cursor === undefined) continue
          collecting = undefined
          cursor = batch.cursor
        }
      } catch (error) {
        const isPassing = error instanceof StorageError || error instanceof CaughtupError
        if (!life.killed.aborted && !isPassing) throw error
      }
      await this.#world.rest(outside, 1, 100)
    }
  }
}
