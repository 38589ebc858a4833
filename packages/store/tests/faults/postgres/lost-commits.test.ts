import { ownPostgres } from '@caughtup/local-services/postgres'
import type { Cursor, EventDraft } from '@caughtup/schema'
import { systemClock } from '@caughtup/schema/clock'
import { Random } from '@caughtup/schema/testing'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'

import {
  delta,
  finished,
  opened,
  prompt,
  runStarted,
} from '../../../src/conformance/support/drafts.ts'
import { checkCursor } from '../../../src/core/reading/cursor-verdict.ts'
import { postgres } from '../../../src/engines/postgres/index.ts'
import type { Slice } from '../../../src/port/commit.ts'
import type { Storage, StorageFactory } from '../../../src/port/storage.ts'
import { createStore } from '../../../src/store.ts'
import { readWhole } from '../../support/check-database.ts'
import { createSessions, newSeed, openStorage } from '../../support/open-storage.ts'
import { RandomHistory } from '../random-history.ts'
import { type Client, newClient, resume, shown } from '../resume.ts'
import { losable } from './losable.ts'
import { persist } from './persist.ts'

const answering: EventDraft[] = [runStarted('r'), opened('m')]

/** Two processes with sessions whose answers are being written; both have just read them. */
async function writing(...ids: string[]) {
  const database = await losable()
  const [one, two] = [await openStorage(database.factory), await openStorage(database.factory)]
  await createSessions(one, ids)
  for (const id of ids) {
    await commit(one, id, ...answering)
    await commit(one, id, delta('m', 'a'))
    await readWhole(two, id)
  }
  return { ...database, one, two }
}

async function commit(storage: Storage, sessionId: string, ...drafts: EventDraft[]) {
  const [result] = await persist(storage, { sessionId, at: 1, drafts })
  if (!result || result.refused !== undefined) throw new Error(`Refused: ${result?.refused}`)
  return result.cursor
}

/** Asserts that all have the same as one that opens the database now, and nothing that was lost. */
async function expectAlike(id: string, factory: StorageFactory, ...storages: Storage[]) {
  const storage = await factory.open({ clock: systemClock, random: Math.random })
  const fresh = await readWhole(storage, id)
  await storage.close()
  expect(JSON.stringify(fresh)).not.toContain('lost')
  for (const each of storages) expect(await readWhole(each, id)).toEqual(fresh)
  return fresh
}

test('a process whose newest text the server has lost goes on from what is left, whatever was written since', async () => {
  const others = [[], ['x'], ['x', 'y'], ['x', 'y', 'z']]
  const next = { text: delta('m', 'b'), prompt: prompt('b'), nothing: undefined }
  const cases = others.flatMap((texts) =>
    Object.entries(next).map(([what, draft]) => ({
      id: `${texts.join('')} ${what}`,
      texts,
      draft,
    })),
  )
  const { one, two, factory, keep } = await writing(...cases.map(({ id }) => id))
  const lose = await keep()
  const lost = new Map<string, Cursor[]>()
  for (const { id } of cases) {
    const first = await commit(one, id, delta('m', 'lost '))
    lost.set(id, [first, await commit(one, id, delta('m', 'lost '))])
  }
  await lose()
  for (const { id, texts, draft } of cases) {
    for (const text of texts) await commit(two, id, delta('m', text))
    if (draft) await commit(one, id, draft)
    const { messages } = await expectAlike(id, factory, one, two)
    const text = ['a', ...texts, ...(draft === next.text ? ['b'] : [])].join('')
    expect(messages[0]).toMatchObject({ id: 'm', parts: [{ text }] })
    for (const storage of [one, two]) {
      for (const cursor of lost.get(id) ?? []) {
        expect(await checkCursor(storage, id, cursor)).not.toBe('ok')
      }
    }
  }
})

test('what is lost and written again by one process has another tag', async () => {
  const { one, keep } = await writing('s')
  const lose = await keep()
  const lost = await commit(one, 's', delta('m', 'lost'))
  await lose()
  const again = await commit(one, 's', delta('m', 'again'))
  expect(again).toMatchObject({ journal: lost.journal, seq: lost.seq })
  expect(await checkCursor(one, 's', lost)).toBe('cursor-unknown')
  expect(await checkCursor(one, 's', again)).toBe('ok')
})

test('a process that has only read what is lost goes on from what is left', async () => {
  const ids = ['a', 'b']
  const { one, two, factory, keep } = await writing(...ids)
  // What it wrote itself before is still there.
  await commit(two, 'a', delta('m', 'x'))
  const lose = await keep()
  for (const id of ids) {
    await commit(one, id, delta('m', 'lost'))
    await readWhole(two, id)
  }
  await lose()
  for (const id of ids) {
    await commit(two, id, delta('m', 'b'))
    await expectAlike(id, factory, one, two)
  }
})

test('a journal of which retention left no entry is read anew when the newest ones are lost', async () => {
  const { one, two, factory, keep } = await writing('s')
  await commit(one, 's', finished('m'))
  await readWhole(two, 's')
  const lose = await keep()
  const lost = await commit(one, 's', prompt('lost'))
  await one.maintain({ trim: 's', upTo: lost.seq })
  await one.state('s')
  await lose()
  await commit(two, 's', prompt('kept'))
  await two.maintain({ trim: 's', upTo: lost.seq })
  const idsOf = async (storage: Storage) => {
    const { messages } = await storage.messages('s', { messages: 9, bytes: 1e6 })
    return messages.map(({ id }) => id)
  }
  expect(await checkCursor(one, 's', lost)).toBe('cursor-unknown')
  expect(await idsOf(one)).toEqual(['m', 'kept'])
  await commit(one, 's', prompt('b'))
  for (const each of [one, two, await openStorage(factory)]) {
    expect(await idsOf(each)).toEqual(['m', 'kept', 'b'])
  }
})

test('an answer that has lost text is not continued by the process that writes it', async () => {
  const ids = ['lost', 'lost-and-read', 'whole']
  const { one, two, keep } = await writing(...ids)
  const next = (sessionId: string): Slice => {
    return { sessionId, at: 1, drafts: [delta('m', 'b')], guard: { is: 'run', runId: 'r' } }
  }
  const lose = await keep()
  for (const id of ids.slice(0, 2)) await commit(one, id, delta('m', 'c'))
  await lose()
  await one.state('lost-and-read')
  const results = []
  for (const id of ids) results.push(...(await one.commit([next(id)])))
  expect(results.map(({ refused }) => refused)).toEqual(['guard-failed', 'guard-failed', undefined])
  // Whoever takes the run over begins with what is there.
  for (const storage of [two, one]) {
    expect((await storage.commit([next('lost')]))[0]?.refused).toBeUndefined()
  }
})

test('processes that go on running when the server loses commits show what one shows that starts then', async () => {
  const seed = newSeed()
  const random = new Random(seed)
  const { factory, keep } = await losable()
  const storages = [await openStorage(factory), await openStorage(factory)]
  const [one, two] = storages
  if (!one || !two) throw new Error('Both are open.')
  const ids = Array.from({ length: 6 }, (_, n) => `session-${n}`)
  await createSessions(one, ids)
  const clients = []
  for (let round = 0; round < 3; round++) {
    for (const label of ['kept', 'lost']) {
      const lose = label === 'lost' ? await keep() : undefined
      // Each writes into sessions of its own, and then into those of the other.
      const turns = random.chance(0.5) ? [one, two] : [two, one]
      const halves = [ids.slice(0, 3), ids.slice(3)]
      for (const [index, storage] of turns.entries()) {
        const history = new RandomHistory(storage, random, `${label}-${round}${index}-`)
        if (index === 0) await history.takeOver()
        for (let step = 0; step < 8; step++) await history.step(halves[index] ?? [])
        clients.push(...history.clients)
      }
      await lose?.()
    }
  }
  const fresh = await openStorage(factory)
  for (const id of ids) {
    const whole = await readWhole(fresh, id)
    for (const storage of storages)
      expect(await readWhole(storage, id), `seed ${seed}`).toEqual(whole)
  }
  for (const client of clients) {
    const expected = await resume(fresh, newClient(client.sessionId))
    for (const storage of storages) {
      const { view } = await resume(storage, client)
      expect(view, `seed ${seed}`).toEqual(expected.view)
      expect(shown({ view })).not.toContain('lost-')
    }
  }
})

test.each(['the same process', 'another process'])(
  'a follower of what the server has lost is told when %s writes in its place',
  async (who) => {
    const { factory, keep } = await losable()
    const one = await createStore({ storage: factory })
    const other = await createStore({ storage: factory })
    onTestFinished(async () => {
      await one.close()
      await other.close()
    })
    const { id } = await one.sessions.create({ owner: 'me' })
    const append = async (store: typeof one, name: string) => {
      await store.append({ sessionId: id, drafts: [prompt(name)] })
    }
    await append(one, 'kept')
    const lose = await keep()
    await append(one, 'lost')
    const batches = one.follow(id, 0, { signal: new AbortController().signal })
    expect((await batches.next()).value).toMatchObject({ newest: 2 })
    await lose()
    const told = batches.next().catch((error: unknown) => error)
    for (const name of ['a', 'b']) await append(who === 'another process' ? other : one, name)
    expect(await told).toMatchObject({ code: 'UNAVAILABLE', data: { reason: 'entries-lost' } })
    const { events } = await one.events(id, 0, { bytes: 1e6 })
    expect(JSON.stringify(events)).not.toContain('lost')
  },
)

test('processes go on after a crash of a server that had not written its newest commits', async () => {
  const server = await ownPostgres(['synchronous_commit=off', 'wal_writer_delay=10s'])
  const pool = new pg.Pool({ connectionString: server.url })
  onTestFinished(() => pool.end())
  const factory = postgres({ pool, schema: 'crashed' })
  const [one, two] = [await openStorage(factory), await openStorage(factory)]
  await createSessions(one, ['s'])
  await commit(one, 's', ...answering)
  await pool.query('CHECKPOINT')
  const clients: Client[] = []
  let lost = 0
  // The server may have written them all the same.
  for (let round = 0; round < 10 && lost === 0; round++) {
    for (let count = 0; count < 10; count++) {
      await commit(count % 3 === 0 ? two : one, 's', delta('m', `${round}-${count} `))
      clients.push(await resume(count % 2 === 0 ? two : one, clients.at(-1) ?? newClient('s')))
    }
    await server.crash()
    const [last] = clients.slice(-1)
    const isWhole = last && (await checkCursor(two, 's', last.cursor)) === 'ok'
    const guard = { is: 'run', runId: 'r' } as const
    const [next] = await persist(one, { sessionId: 's', at: 1, drafts: [delta('m', 'x')], guard })
    expect(next?.refused).toBe(isWhole ? undefined : 'guard-failed')
    // Until where the lost ones were, by those who wrote them.
    for (let count = 0; count < 10; count++) {
      await commit(count % 3 === 0 ? one : two, 's', delta('m', `new-${round}-${count} `))
    }
    for (const { cursor } of clients) {
      const verdict = await checkCursor(one, 's', cursor)
      expect(await checkCursor(two, 's', cursor)).toBe(verdict)
      if (verdict !== 'ok') lost++
    }
  }
  expect(lost).toBeGreaterThan(0)
  const fresh = await resume(await openStorage(factory), newClient('s'))
  for (const storage of [one, two]) {
    await readWhole(storage, 's')
    for (const client of clients) expect((await resume(storage, client)).view).toEqual(fresh.view)
  }
})

test('with durability full a crash of the server loses no commit', async () => {
  const server = await ownPostgres(['synchronous_commit=off', 'wal_writer_delay=10s'])
  const pool = new pg.Pool({ connectionString: server.url })
  onTestFinished(() => pool.end())
  const storage = await openStorage(postgres({ pool, schema: 'full', durability: 'full' }))
  await createSessions(storage, ['s'])
  await commit(storage, 's', ...answering)
  await commit(storage, 's', delta('m', 'a'))
  const { cursor } = await storage.state('s')
  await server.crash()
  expect(await checkCursor(storage, 's', cursor)).toBe('ok')
  const { messages } = await readWhole(storage, 's')
  expect(messages).toMatchObject([{ id: 'm', parts: [{ text: 'a' }] }])
})
