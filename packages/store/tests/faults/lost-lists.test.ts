import { systemClock } from '@caughtup/schema/clock'
import { Random } from '@caughtup/schema/testing'
import { expect, onTestFinished, test } from 'vitest'

import { InProcessBus } from '../../src/bus/in-process.ts'
import { prompt } from '../../src/conformance/support/drafts.ts'
import { copyDatabase, emptyDatabase } from '../../src/engines/memory/database.ts'
import { MemoryTables } from '../../src/engines/memory/tables.ts'
import { RowStorage } from '../../src/engines/rows/row-storage.ts'
import type { StorageFactory } from '../../src/port/storage.ts'
import { createStore, type Store } from '../../src/store.ts'
import { createSessions, newSeed, openStorage } from '../support/open-storage.ts'
import { bySession, OpenList } from '../support/shown-list.ts'

const principals = ['ann', 'bob']

/** A database in memory that can lose what was written since some moment, as a server that crashes does. */
function losable() {
  let db = emptyDatabase()
  let tables = new MemoryTables(db)
  let losses = 0
  const current = new Proxy(tables, {
    get(_, property) {
      const member: unknown = Reflect.get(tables, property)
      return typeof member === 'function' ? member.bind(tables) : member
    },
  })
  const buses = new Set<InProcessBus>()
  const factory: StorageFactory = {
    open: async ({ clock, random }) =>
      new RowStorage({ tables: current, bus: new InProcessBus(buses), clock, random }),
  }
  const keep = () => {
    const kept = copyDatabase(db)
    return () => {
      db = { ...copyDatabase(kept), history: `${++losses}` }
      tables = new MemoryTables(db)
    }
  }
  return { factory, keep }
}

async function open(factory: StorageFactory): Promise<Store> {
  const store = await createStore({
    storage: factory,
    clock: systemClock,
    limits: { pageDefault: 2, pageMost: 3 },
  })
  onTestFinished(() => store.close())
  await store.heartbeat()
  return store
}

async function change(random: Random, store: Store, sessions: string[]): Promise<void> {
  const principal = random.pick(principals)
  const create = async () => {
    const members = principals.filter((each) => each !== principal && random.chance(0.5))
    sessions.push((await store.sessions.create({ owner: principal, members })).id)
  }
  if (sessions.length === 0 || random.chance(0.2)) return create()
  const sessionId = random.pick(sessions)
  const changes = {
    title: () => store.sessions.update(sessionId, { title: `title ${random.between(1, 1e6)}` }),
    write: () => store.append({ sessionId, drafts: [prompt(`prompt-${random.between(1, 1e6)}`)] }),
    read: () => store.activity.markRead(sessionId, principal, random.between(1, 5)),
    remove: () => store.sessions.delete(sessionId),
    join: () => store.sessions.addMember(sessionId, principal),
    leave: () => store.sessions.removeMember(sessionId, principal),
  }
  // It may be lost, or another's.
  await random
    .pick(Object.values(changes))()
    .catch(() => {})
}

test.each(Array.from({ length: 20 }, newSeed))(
  'with seed %i, lists end as a new one, whatever two processes change and the database loses',
  async (seed) => {
    const random = new Random(seed)
    const { factory, keep } = losable()
    const stores = [await open(factory), await open(factory)]
    const lists = principals.flatMap((principal) => stores.map(() => new OpenList(principal)))
    for (const list of lists) onTestFinished(() => list.leave())
    const sessions: string[] = []
    let lose = keep()
    for (let step = 0; step < 80; step++) {
      if (random.chance(0.1)) lose = keep()
      if (random.chance(0.1)) lose()
      if (random.chance(0.1)) await random.pick(stores).heartbeat()
      if (random.chance(0.2)) await random.pick(lists).follow(random.pick(stores))
      if (random.chance(0.1)) await random.pick(lists).leave()
      await change(random, random.pick(stores), sessions)
    }
    for (const list of lists) if (random.chance(0.5)) await list.follow(random.pick(stores))
    lose()
    for (const store of stores) await store.heartbeat()
    for (const list of lists) {
      if (!list.isFollowing) await list.follow(random.pick(stores))
      const fresh = await stores[0]!.activity.list(list.principal, { limit: 3 })
      const rows = [...fresh.rows]
      for (let cursor = fresh.nextCursor; cursor !== null;) {
        const page = await stores[0]!.activity.list(list.principal, { limit: 3, cursor })
        rows.push(...page.rows)
        cursor = page.nextCursor
      }
      await expect.poll(() => bySession(list), { timeout: 10_000 }).toEqual(bySession({ rows }))
    }
  },
)

test('a process says that anything may have changed once its heartbeat finds that commits may be lost', async () => {
  const { factory, keep } = losable()
  const [one, two] = [await openStorage(factory), await openStorage(factory)]
  const { signal } = new AbortController()
  const lose = keep()
  await one.heartbeat()
  await one.heartbeat()
  await createSessions(two, ['s'])
  expect(await one.changes.next(signal)).toMatchObject({ sessions: new Set(['s']) })
  lose()
  await one.heartbeat()
  expect(await one.changes.next(signal)).toMatchObject({ sessions: 'all', members: 'all' })
})

test('a list of which commits are lost while it is read is given up', async () => {
  const { factory, keep } = losable()
  const store = await open(factory)
  for (let count = 0; count < 5; count++) await store.sessions.create({ owner: 'ann' })
  const batches = store.activity.follow('ann', undefined, new AbortController())
  expect((await batches.next()).value).toMatchObject({ complete: true })
  keep()()
  await expect(batches.next()).resolves.toMatchObject({ value: { complete: true } })
  await expect(batches.next()).rejects.toMatchObject({ code: 'UNAVAILABLE' })
})
