import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { settle } from '@caughtup/schema/testing'

import { memory, type MemoryFactory } from '../../src/engines/memory/index.ts'
import { sqlite } from '../../src/engines/sqlite/index.ts'
import type { StorageFactory } from '../../src/port/storage.ts'
import { postgresEngine } from './postgres-engine.ts'
import type { AnyEngine } from './test-engines.ts'

/** A database that can be crashed. */
export interface CrashableEngine {
  readonly factory: StorageFactory
  /** A copy as a process that dies now would leave it. */
  crashed(): CrashableEngine
  /** Resolves when no call is under way: time of a manual clock stands still meanwhile. */
  readonly settled: () => Promise<void>
  /** Removes what it left. */
  dispose(): Promise<void>
}

export const crashableEngines: Readonly<Record<AnyEngine, () => CrashableEngine>> = {
  memory: () => onMemory(memory()),
  sqlite: () => onFile(newFolder()),
  postgres: postgresEngine,
}

function onMemory(factory: MemoryFactory): CrashableEngine {
  return {
    factory,
    crashed: () => onMemory(factory.copy()),
    settled: settle,
    dispose: async () => undefined,
  }
}

function onFile(folder: string): CrashableEngine {
  const file = path.join(folder, 'model.db')
  return {
    factory: sqlite({ path: file }),
    crashed() {
      const copy = newFolder()
      for (const suffix of ['', '-wal']) {
        if (existsSync(file + suffix))
          copyFileSync(file + suffix, path.join(copy, `model.db${suffix}`))
      }
      return onFile(copy)
    },
    settled: settle,
    dispose: async () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** On a RAM disk if there is one, because these proofs do not depend on a disk. */
function newFolder(): string {
  const shared = '/dev/shm'
  return mkdtempSync(path.join(existsSync(shared) ? shared : tmpdir(), 'caughtup-model-'))
}
