import { openingNames } from '../../base/random-tag.ts'
import type { StorageFactory } from '../../port/storage.ts'
import { copyDatabase, emptyDatabase, type MemoryDatabase } from './memory-database.ts'
import { MemoryStorage } from './memory-storage.ts'
import { Opening } from './opening.ts'

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
    async open({ clock, random }) {
      const opening = new Opening(openingNames(random))
      db.openings.add(opening)
      return new MemoryStorage(db, opening, { clock, random })
    },
    copy: () => factoryOf(copyDatabase(db)),
  }
}
