import { CaughtupError, type ActivityRow } from '@caughtup/schema'

import { StorageError } from '../storage.ts'
import type { World } from './world.ts'

/** Somebody who looks at the list of sessions, and keeps to one process for as long as it lives. */
export class ListClient {
  readonly #world: World
  readonly #rows = new Map<string, ActivityRow>()

  constructor(world: World) {
    this.#world = world
  }

  get rows(): ActivityRow[] {
    return [...this.#rows.values()]
  }

  async run(): Promise<void> {
    const { random, outside } = this.#world
    for (let cursor: string | undefined; ;) {
      const { host } = random.pick(this.#world.hosts)
      const { store, life } = await host.running()
      try {
        for await (const batch of store.activity.follow('me', cursor, { signal: life.killed })) {
          if (batch.complete) this.#rows.clear()
          for (const row of batch.rows) this.#rows.set(row.sessionId, row)
          for (const { sessionId } of batch.removed) this.#rows.delete(sessionId)
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
