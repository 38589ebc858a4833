import { memory } from '../../src/engines/memory/index.ts'
import { sqlite } from '../../src/engines/sqlite/index.ts'
import type { Storage, StorageFactory } from '../../src/port/storage.ts'
import { testDatabase } from './open-test-store.ts'

/** What every store is tested on. */
export const engines = ['memory', 'sqlite'] as const
export type Engine = (typeof engines)[number]

/** An empty database; two openings of it are to each other what two processes on one file are. */
export function testEngine(engine: Engine): StorageFactory {
  switch (engine) {
    case 'memory':
      return memory()
    case 'sqlite':
      return sqlite({ path: testDatabase() })
  }
}

/** A database some of whose calls do something else, or something besides. */
export function withCalls(
  storage: StorageFactory,
  calls: (real: Storage) => Partial<Storage>,
): StorageFactory {
  return {
    async open(options) {
      const real = await storage.open(options)
      const replaced = calls(real)
      return new Proxy(real, {
        get(target, property) {
          const replacement: unknown = Reflect.get(replaced, property)
          if (replacement !== undefined) return replacement
          const member: unknown = Reflect.get(target, property)
          return typeof member === 'function' ? member.bind(target) : member
        },
      })
    },
  }
}
