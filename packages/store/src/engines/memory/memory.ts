import type { StorageFactory } from '../../port/storage.ts'
import { RowStorage } from '../rows/row-storage.ts'
import { copyDatabase, emptyDatabase, type MemoryDatabase } from './database.ts'
import { Opening } from './opening.ts'
import { MemoryTables } from './tables.ts'

export interface MemoryFactory extends StorageFactory {
  /** What is stored by now, apart from what is written from here on: a backup, as it were. */
  copy(): MemoryFactory
}

/**
 * An engine for tests, simulations and throw-away use. What is written lives as long as the
 * factory: opening it again finds what a crash would have left, and several openings at once are
 * to each other what several processes on one file are.
 */
export function memory(): MemoryFactory {
  return factoryOf(emptyDatabase())
}

function factoryOf(db: MemoryDatabase): MemoryFactory {
  return {
    async open(options) {
      const [tables, changes] = [new MemoryTables(db), new Opening(db.openings)]
      return new RowStorage({ ...options, tables, changes, lookEvery: 0 })
    },
    copy: () => factoryOf(copyDatabase(db)),
  }
}
