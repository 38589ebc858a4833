import { ownPostgres } from '@caughtup/local-services/postgres'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'

import { postgres } from '../../../src/engines/postgres/index.ts'
import type { StorageFactory } from '../../../src/port/storage.ts'
import { createStore, type Store } from '../../../src/store.ts'
import { bySession, OpenList, ShownList } from '../../support/shown-list.ts'
import { losable } from './losable.ts'

const patience = { timeout: 30_000 }

async function open(storage: StorageFactory): Promise<Store> {
  const store = await createStore({ storage, onError: () => {} })
  onTestFinished(() => store.close())
  await store.heartbeat()
  return store
}

async function openList(store: Store, principal: string, from?: ShownList): Promise<OpenList> {
  const list = new OpenList(principal, from)
  await list.follow(store)
  onTestFinished(() => list.leave())
  return list
}

/** Lists as they were shown, which each of the processes continues. */
function reopened(stores: Store[], principal: string, lists: ShownList[]): Promise<OpenList[]> {
  const each = stores.flatMap((store) => lists.map((list) => openList(store, principal, list)))
  return Promise.all(each)
}

const titlesOf = ({ rows }: Pick<ShownList, 'rows'>) => rows.map(({ title }) => title).toSorted()

/** Waits until lists show what one shows that is opened then. */
async function expectAlike(factory: StorageFactory, principal: string, lists: ShownList[]) {
  const store = await open(factory)
  const { rows } = await store.activity.list(principal, { limit: 100 })
  for (const list of lists)
    await expect.poll(() => bySession(list), patience).toEqual(bySession({ rows }))
  return titlesOf({ rows })
}

/** A principal with three sessions, whose list both processes have just shown. */
async function listed(one: Store, two: Store, owner: string) {
  const [a, b] = await Promise.all([
    one.sessions.create({ owner, title: 'a' }),
    two.sessions.create({ owner, title: 'b' }),
    one.sessions.create({ owner, title: 'c' }),
  ])
  const lists = [await openList(one, owner), await openList(two, owner)]
  for (const list of lists)
    await expect.poll(() => titlesOf(list), patience).toEqual(['a', 'b', 'c'])
  return { owner, a, b, lists }
}

/** Changes that are to be lost, and shown before. */
async function change(store: Store, { owner, a, b, lists }: Awaited<ReturnType<typeof listed>>) {
  await store.sessions.update(a.id, { title: 'lost a' })
  await store.sessions.delete(b.id)
  await store.sessions.create({ owner, title: 'lost' })
  for (const list of lists) {
    await expect.poll(() => titlesOf(list), patience).toEqual(['c', 'lost', 'lost a'])
  }
}

test('open lists of what the server has lost show what is left by the next heartbeats', async () => {
  const { factory, keep } = await losable()
  const [one, two] = [await open(factory), await open(factory)]
  const mine = await listed(one, two, 'me')
  const lose = await keep()
  await change(one, mine)
  await lose()
  for (const store of [one, two]) await store.heartbeat()
  expect(await expectAlike(factory, 'me', mine.lists)).toEqual(['a', 'b', 'c'])
})

test('lists go on from what is left, whatever was changed in place of what the server has lost', async () => {
  const { factory, keep } = await losable()
  const [one, two] = [await open(factory), await open(factory)]
  // Positions are given again: up to below, at and beyond the newest that was lost.
  const changes = [0, 1, 2, 3, 4, 5]
  const principals = []
  for (const count of changes) principals.push(await listed(one, two, `with ${count}`))
  const lose = await keep()
  for (const each of principals) await change(one, each)
  const returning = principals.map(({ lists }) => lists.map((list) => new ShownList(list)))
  await lose()
  for (const [count, { owner, a, b, lists }] of principals.entries()) {
    for (let n = 0; n < count; n++) {
      await (n % 2 === 0 ? one : two).sessions.update(n < 3 ? a.id : b.id, { title: `new ${n}` })
    }
    const opened = await reopened([one, two], owner, returning[count] ?? [])
    // Without a change nothing has told of it yet.
    const told = count > 0 ? [...lists, ...opened] : opened
    expect(JSON.stringify(await expectAlike(factory, owner, told))).not.toContain('lost')
  }
})

test('lists show what is left after a crash of a server that had not written its newest commits', async () => {
  const server = await ownPostgres(['synchronous_commit=off', 'wal_writer_delay=10s'])
  const pool = new pg.Pool({ connectionString: server.url })
  pool.on('error', () => {}) // Its idle connections break too.
  onTestFinished(() => pool.end())
  const factory = postgres({ pool, schema: 'crashed' })
  const [one, two] = [await open(factory), await open(factory)]
  const { a, lists } = await listed(one, two, 'me')
  await pool.query('CHECKPOINT')
  let lost = 0
  // The server may have written them all the same.
  for (let round = 0; round < 10 && lost === 0; round++) {
    const title = `round ${round}`
    await one.sessions.update(a.id, { title })
    await two.sessions.create({ owner: 'me', title: `made in ${round}` })
    for (const list of lists) {
      await expect
        .poll(() => titlesOf(list), patience)
        .toEqual(expect.arrayContaining([title, `made in ${round}`]))
    }
    const before = lists.map((list) => new ShownList(list))
    await server.crash()
    // Nothing is written: they hear by their connections.
    const titles = await expectAlike(factory, 'me', lists)
    if (!titles.includes(title)) lost++
    const returning = await reopened([one, two], 'me', before)
    expect(await expectAlike(factory, 'me', returning)).toEqual(titles)
  }
  expect(lost).toBeGreaterThan(0)
})
