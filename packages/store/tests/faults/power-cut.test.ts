import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

import type { Event } from '@caughtup/schema'
import { systemClock } from '@caughtup/schema/clock'
import { Random } from '@caughtup/schema/testing'
import { expect, test, vi } from 'vitest'

import { sqlite } from '../../src/engines/sqlite/index.ts'
import { testDatabase } from '../support/open-test-store.ts'
import { assertIntact, readWhole } from '../support/check-database.ts'
import { long } from '../support/long.ts'
import { createSessions, newSeed, openStorage } from '../support/open-storage.ts'
import { RandomHistory } from './random-history.ts'
import { newClient, resume } from './resume.ts'

const ids = Array.from({ length: 6 }, (_, n) => `session-${n}`)
const cuts = long ? 500 : 40
/** Above the pages that this test writes, so that SQLite does not checkpoint its log. */
const mostLogBytes = 4 * 1024 * 1024

/** A database during writes: its files at one moment, its journals, and its clients. */
async function writing(random: Random) {
  const file = testDatabase()
  const before = await openStorage(file)
  await createSessions(before, ids)
  await before.close()
  const storage = await openStorage(file)
  const history = new RandomHistory(storage, random, 'cut-')
  for (let step = 0; step < 60; step++) await history.step(ids)
  const journals = new Map<string, Event[]>()
  for (const id of ids) journals.set(id, (await readWhole(storage, id)).events)
  const log = readFileSync(`${file}-wal`)
  expect(log.length).toBeLessThan(mostLogBytes)
  return { file, log, journals, clients: history.clients }
}

/** Simulates a power cut: keeps a prefix of the log, and replaces some of the rest with noise. */
function cutLog(log: Buffer, random: Random): Buffer {
  const kept = log.subarray(0, random.between(0, log.length))
  const noise = random.chance(0.5) ? random.between(1, 8_192) : 0
  return Buffer.concat([kept, Uint8Array.from({ length: noise }, () => random.between(0, 255))])
}

test('after a power cut a session holds a prefix of its journal, and cursors beyond it are rejected', async () => {
  const seed = newSeed()
  const random = new Random(seed)
  const { file, log, journals, clients } = await writing(random)
  const verdicts = new Set<string>()
  for (let cut = 0; cut < cuts; cut++) {
    const found = testDatabase()
    copyFileSync(file, found)
    writeFileSync(`${found}-wal`, cutLog(log, random))
    assertIntact(found)
    const storage = await openStorage(found)
    const heads = new Map<string, number>()
    for (const id of ids) {
      const { events } = await readWhole(storage, id)
      expect(events, `seed ${seed}`).toEqual(journals.get(id)?.slice(0, events.length))
      heads.set(id, events.length)
    }
    const after = new RandomHistory(storage, random, 'new-')
    await after.takeOver()
    for (let step = 0; step < 10; step++) await after.step(ids)
    for (const client of clients) {
      const { sessionId, cursor } = client
      const { verdict, view } = await resume(storage, client)
      const isThere = cursor.seq <= (heads.get(sessionId) ?? 0)
      expect(verdict === 'ok', `seed ${seed}`).toBe(isThere)
      verdicts.add(verdict)
      const fresh = await resume(storage, newClient(sessionId))
      expect(view, `seed ${seed}`).toEqual(fresh.view)
    }
    await storage.close()
  }
  expect(verdicts).toEqual(new Set(['ok', 'cursor-unknown', 'cursor-ahead']))
}, 600_000)

test.each([
  ['normal', 'normal'],
  ['full', 'full'],
] as const)('durability %s is the synchronous mode %s of SQLite', async (durability, mode) => {
  const exec = vi.spyOn(DatabaseSync.prototype, 'exec')
  const factory = sqlite({ path: testDatabase(), durability })
  const storage = await factory.open({ clock: systemClock, random: Math.random })
  await storage.close()
  expect(exec.mock.calls.flat()).toContain(`PRAGMA synchronous = ${mode}`)
  exec.mockRestore()
})
