import { onTestFinished } from 'vitest'

import { memory } from '../../src/engines/memory/index.ts'
import { sqlite } from '../../src/engines/sqlite/index.ts'
import type { Storage, StorageFactory } from '../../src/port/storage.ts'
import { testDatabase } from './open-test-store.ts'
import { postgresEngine } from './postgres-engine.ts'

/** The engines within the process; a new one needs an entry in each table by engine name. */
export const engines = ['memory', 'sqlite'] as const
export type Engine = (typeof engines)[number]

/** And those that take a server. */
export const allEngines = [...engines, 'postgres'] as const
export type AnyEngine = (typeof allEngines)[number]

/** An empty database; its openings relate like processes on one file. */
export function testEngine(engine: AnyEngine): StorageFactory {
  switch (engine) {
    case 'memory':
      return memory()
    case 'sqlite':
      return sqlite({ path: testDatabase() })
    case 'postgres': {
      const made = postgresEngine()
      onTestFinished(() => made.dispose())
      return made.factory
    }
  }
}

/** A database with some of its calls replaced or extended. */
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
