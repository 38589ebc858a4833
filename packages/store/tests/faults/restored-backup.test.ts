import { copyFileSync, rmSync } from 'node:fs'

import { Random } from '@caughtup/schema/testing'
import { describe, expect, onTestFinished, test } from 'vitest'

import { checkCursor } from '../../src/core/reading/cursor-verdict.ts'
import { memory } from '../../src/engines/memory/index.ts'
import { sqlite } from '../../src/engines/sqlite/index.ts'
import type { Storage, StorageFactory } from '../../src/port/storage.ts'
import { testDatabase } from '../support/open-test-store.ts'
import { assertIntact, readWhole } from '../support/check-database.ts'
import { allEngines, type AnyEngine } from '../support/test-engines.ts'
import { postgresEngine } from '../support/postgres-engine.ts'
import { createSessions, newSeed, openStorage } from '../support/open-storage.ts'
import { RandomHistory } from './random-history.ts'
import { newClient, resume, shown } from './resume.ts'

const ids = Array.from({ length: 20 }, (_, n) => `session-${n}`)

interface Restorable {
  factory: StorageFactory
  /** Copies the database while it is written. */
  backUp(storage: Storage): Promise<void>
  /** The database after the copy took its place. */
  restore(): StorageFactory
}

const restorable: Record<AnyEngine, () => Restorable> = {
  memory() {
    const factory = memory()
    let copy = factory
    return {
      factory,
      async backUp() {
        copy = factory.copy()
      },
      restore: () => copy,
    }
  },
  sqlite() {
    const [file, copy] = [testDatabase(), testDatabase()]
    return {
      factory: sqlite({ path: file }),
      backUp: async (storage) => storage.backup?.(copy),
      restore() {
        assertIntact(copy)
        for (const end of ['', '-wal', '-shm']) rmSync(`${file}${end}`, { force: true })
        copyFileSync(copy, file)
        return sqlite({ path: file })
      },
    }
  },
  postgres() {
    const engine = postgresEngine()
    onTestFinished(() => engine.dispose())
    let copy = engine
    return {
      factory: engine.factory,
      async backUp() {
        copy = engine.crashed()
        onTestFinished(() => copy.dispose())
        await copy.settled()
      },
      restore: () => copy.factory,
    }
  },
}

/** A database whose backup is restored after more was written, and then written by another process. */
async function restoredAndWrittenOn(engine: AnyEngine, seed: number) {
  const random = new Random(seed)
  const { factory, backUp, restore } = restorable[engine]()
  const first = await openStorage(factory)
  await createSessions(first, ids)
  const before = new RandomHistory(first, random, 'kept-')
  for (let step = 0; step < 60; step++) await before.step(ids)
  const backup = backUp(first)
  for (let step = 0; step < 5; step++) await before.step(ids)
  await backup
  const lost = new RandomHistory(first, random, 'lost-')
  await lost.takeOver()
  for (let step = 0; step < 60; step++) await lost.step(ids)
  await first.close()

  const second = await openStorage(restore())
  const restored = new Map<string, number>()
  for (const id of ids) restored.set(id, (await second.state(id)).cursor.seq)
  const after = new RandomHistory(second, random, 'new-')
  await after.takeOver()
  // Some sessions stay as restored, some end before their lost head, some end after it.
  for (let step = 0; step < 40; step++) await after.step(ids.slice(0, step < 20 ? 15 : 5))
  const clients = [...before.clients, ...lost.clients]
  return { storage: second, restored, clients }
}

describe.each(allEngines)('on %s', (engine) => {
  test('a cursor beyond a restored backup gets a full replay, and every other one resumes', async () => {
    const seed = newSeed()
    const { storage, restored, clients } = await restoredAndWrittenOn(engine, seed)
    const verdicts = new Map<string, number>()
    for (const client of clients) {
      const { cursor, sessionId } = client
      const { head } = await storage.state(sessionId)
      const inBackup = cursor.seq <= (restored.get(sessionId) ?? 0)
      const expected = inBackup ? 'ok' : cursor.seq > head.seq ? 'cursor-ahead' : 'cursor-unknown'
      expect(await checkCursor(storage, sessionId, cursor), `seed ${seed}`).toBe(expected)
      verdicts.set(expected, (verdicts.get(expected) ?? 0) + 1)
    }
    for (const verdict of ['ok', 'cursor-ahead', 'cursor-unknown']) {
      expect(verdicts.get(verdict)).toBeGreaterThan(20)
    }
  })

  test('no view mixes events that a restored backup lost with later ones', async () => {
    const seed = newSeed()
    const { storage, clients } = await restoredAndWrittenOn(engine, seed)
    for (const client of clients) {
      const { view } = await resume(storage, client)
      const fresh = await resume(storage, newClient(client.sessionId))
      expect(view, `seed ${seed}`).toEqual(fresh.view)
      expect(shown({ view })).not.toContain('lost-')
    }
  })
})

test('a backup that is made during writes holds a prefix of every session', async () => {
  const [file, copy] = [testDatabase(), testDatabase()]
  const storage = await openStorage(file)
  await createSessions(storage, ids)
  const history = new RandomHistory(storage, new Random(1), 'kept-')
  for (let step = 0; step < 20; step++) await history.step(ids)
  const heads = () => Promise.all(ids.map(async (id) => (await storage.state(id)).cursor.seq))
  const from = await heads()
  const backup = storage.backup?.(copy)
  for (let step = 0; step < 20; step++) await history.step(ids)
  await backup
  const to = await heads()
  assertIntact(copy)
  const copied = await openStorage(copy)
  for (const [index, id] of ids.entries()) {
    const { events } = await readWhole(copied, id)
    expect(events.length).toBeGreaterThanOrEqual(from[index]!)
    expect(events.length).toBeLessThanOrEqual(to[index]!)
    const { events: all } = await readWhole(storage, id)
    expect(all.slice(0, events.length)).toEqual(events)
  }
})
