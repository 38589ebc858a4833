import { systemClock } from '@caughtup/schema/clock'
import { onTestFinished } from 'vitest'

import { sqlite } from '../../src/engines/sqlite/index.ts'
import type { Storage, StorageFactory } from '../../src/port/storage.ts'

/** An engine, or SQLite on a file, as one more process opens it; closed after the test. */
export async function openStorage(database: string | StorageFactory): Promise<Storage> {
  const factory = typeof database === 'string' ? sqlite({ path: database }) : database
  const storage = await factory.open({ clock: systemClock, random: Math.random })
  onTestFinished(() => storage.close())
  return storage
}

/** Sessions of the principal `me`, by name. */
export async function createSessions(storage: Storage, ids: readonly string[]): Promise<void> {
  for (const id of ids)
    await storage.createSession({ id, title: id, createdAt: 1, members: ['me'] })
}

/** A seed that a failure reports, so that it can be repeated. */
export function newSeed(): number {
  return Math.floor(Math.random() * 2 ** 32)
}
