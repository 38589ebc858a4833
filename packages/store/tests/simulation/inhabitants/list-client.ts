import { CaughtupError, type ActivityRow } from '@caughtup/schema'

import { StorageError } from '../../../src/port/storage-error.ts'
import { ShownList } from '../../support/shown-list.ts'
import type { World } from '../world/world.ts'

/** A principal's client of the session list that uses one process for as long as it lives. */
export class ListClient {
  readonly principal: string
  readonly #world: World
  readonly #list = new ShownList()

  constructor(world: World, principal: string) {
    this.#world = world
    this.principal = principal
  }

  get rows(): ActivityRow[] {
    return this.#list.rows
  }

  async run(): Promise<void> {
    const { random, outside } = this.#world
    for (;;) {
      const { host } = random.pick(this.#world.hosts)
      const { store, life } = await host.running()
      const { cursor } = this.#list
      try {
        const waiting = { signal: life.killed }
        await this.#list.takeAll(store.activity.follow(this.principal, cursor, waiting))
      } catch (error) {
        const isPassing = error instanceof StorageError || error instanceof CaughtupError
        if (!life.killed.aborted && !isPassing) throw error
      }
      await this.#world.rest(outside, 1, 100)
    }
  }
}
