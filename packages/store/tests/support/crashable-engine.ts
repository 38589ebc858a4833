import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { memory, type MemoryFactory } from '../../src/engines/memory/index.ts'
import { sqlite } from '../../src/engines/sqlite/index.ts'
import type { StorageFactory } from '../../src/port/storage.ts'
import type { Engine } from './test-engines.ts'

/** A database of a kind, with what a program needs of it besides. */
export interface CrashableEngine {
  readonly factory: StorageFactory
  /** What a process that dies now leaves behind, for another to open. */
  crashed(): CrashableEngine
  /** Removes what it left on the disk. */
  dispose(): void
}

export const crashableEngines: Readonly<Record<Engine, () => CrashableEngine>> = {
  memory: () => onMemory(memory()),
  sqlite: () => onFile(newFolder()),
}

function onMemory(factory: MemoryFactory): CrashableEngine {
  return { factory, crashed: () => onMemory(factory.copy()), dispose: () => undefined }
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
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** A RAM disk where there is one: nothing here is about what a disk does. */
function newFolder(): string {
  const shared = '/dev/shm'
  return mkdtempSync(path.join(existsSync(shared) ? shared : tmpdir(), 'caughtup-model-'))
}
