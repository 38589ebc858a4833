import { DatabaseSync } from 'node:sqlite'

import { type Clock, systemClock } from '@caughtup/schema/clock'
import { expect, onTestFinished, test } from 'vitest'

import type { SearchQuery } from '../../../port/reading.ts'
import type { Storage } from '../../../port/storage.ts'
import { prompt } from '../../../conformance/support/drafts.ts'
import { write } from '../../../conformance/support/writes.ts'
import { testDatabase } from '../../../../tests/support/open-test-store.ts'
import { sqlite } from '../index.ts'

/** A database that nothing is done to but by the test: there is no maintenance. */
async function open(clock: Clock = systemClock): Promise<{ storage: Storage; file: string }> {
  const file = testDatabase()
  const storage = await sqlite({ path: file }).open({ clock, random: Math.random })
  // One that holds what cannot be packed cannot be closed without that.
  onTestFinished(() => storage.close().catch(() => undefined))
  return { storage, file }
}

async function addSession(storage: Storage, id: string, principal: string): Promise<void> {
  await storage.createSession({ id, title: id, createdAt: 1, members: [principal] })
  await write(storage, id, [prompt('p', `needle in ${id}`)])
}

async function found(storage: Storage, scope: SearchQuery['in']): Promise<string[]> {
  const hits = await storage.search({ text: 'needle', in: scope, limit: 99 })
  return hits.map(({ sessionId }) => sessionId)
}

test('a search packs the sessions that it goes through, and no others', async () => {
  const { storage } = await open()
  for (const id of ['a1', 'a2']) await addSession(storage, id, 'ann')
  await addSession(storage, 'b', 'bob')
  expect(await found(storage, { sessionId: 'a1' })).toEqual(['a1'])
  expect(storage.stats().unpackedEvents).toBe(2)
  expect(await found(storage, { principal: 'ann' })).toEqual(['a2', 'a1'])
  expect(storage.stats().unpackedEvents).toBe(1)
})

test("a session that cannot be packed is in nobody else's way", async () => {
  const { storage, file } = await open()
  await addSession(storage, 'bad', 'ann')
  await addSession(storage, 'good', 'ann')
  await addSession(storage, 'other', 'bob')
  const db = new DatabaseSync(file)
  db.exec(`CREATE TRIGGER fails BEFORE INSERT ON messages
    WHEN new.session = (SELECT key FROM sessions WHERE id = 'bad')
    BEGIN SELECT RAISE(ABORT, 'it cannot be packed'); END`)
  db.close()
  await expect(found(storage, { sessionId: 'bad' })).rejects.toThrow('it cannot be packed')
  expect(await found(storage, { sessionId: 'good' })).toEqual(['good'])
  expect(await found(storage, { principal: 'bob' })).toEqual(['other'])
})

const messages = 5_000
const sessions = 200

test.each([
  {
    what: `${messages} messages`,
    steps: messages / 64,
    fill: async (storage: Storage) => {
      await addSession(storage, 'long', 'ann')
      const drafts = Array.from({ length: messages }, (_, n) => prompt(`m${n}`, 'needle'))
      await write(storage, 'long', drafts)
    },
  },
  {
    what: `${sessions} sessions`,
    steps: sessions,
    fill: async (storage: Storage) => {
      for (let n = 0; n < sessions; n++) await addSession(storage, `s${n}`, 'ann')
    },
  },
])('a search that has to take in $what lets others get on meanwhile', async ({ fill, steps }) => {
  // By this clock, every step takes longer than others are to wait for their turn.
  let time = 0
  const { storage } = await open({ ...systemClock, monotonic: () => (time += 5) })
  await fill(storage)
  let turns = 0
  const others = setInterval(() => turns++, 0)
  expect(await found(storage, { principal: 'ann' })).toHaveLength(99)
  clearInterval(others)
  expect(turns).toBeGreaterThanOrEqual(steps / 2)
})
