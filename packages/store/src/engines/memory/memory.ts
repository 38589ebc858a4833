import { InProcessBus } from '../../bus/in-process.ts'
import type { StorageFactory } from '../../port/storage.ts'
import { RowStorage } from '../rows/row-storage.ts'
import { copyDatabase, emptyDatabase, type MemoryDatabase } from './database.ts'

import { MemoryTables } from './tables.ts'

export interface MemoryFactory extends StorageFactory {
  /** A copy of the database as it is now: a backup. */
  copy(): MemoryFactory
}

/**
 * An engine for tests, simulations and throw-away use. Its data lives as long as the
 * factory: opening it again finds what a crash would have left, and several openings at once behave
 * as several processes on one file do.
 */
export function memory(): MemoryFactory {
  return factoryOf(emptyDatabase())
}

function factoryOf(db: MemoryDatabase): MemoryFactory {
  return {
    async open({ clock, random, bus = new InProcessBus(db.buses) }) {
      return new RowStorage({ tables: new MemoryTables(db), bus, clock, random, lookEvery: 0 })
    },
    copy: () => factoryOf(copyDatabase(db)),
  }
}
