import { ManualClock, Random } from '@caughtup/schema/testing'
import { expect, test } from 'vitest'

import {
  delta,
  finished,
  opened,
  prompt,
  runEnded,
  runStarted,
} from '../../../conformance/support/drafts.ts'
import { shownIds } from '../../../conformance/support/reads.ts'
import type { Slice } from '../../../port/commit.ts'
import { StorageError } from '../../../port/storage-error.ts'
import { emptyDatabase, type MemoryDatabase } from '../../memory/database.ts'
import { InProcessBus } from '../../../bus/in-process.ts'
import { MemoryTables } from '../../memory/tables.ts'
import { RowStorage } from '../row-storage.ts'
import type { Tables, Transaction } from '../tables/tables.ts'

const random = new Random(1)

function open(database: MemoryDatabase, tables: Tables = new MemoryTables(database)): RowStorage {
  const bus = new InProcessBus(database.buses)
  return new RowStorage({ tables, bus, clock: new ManualClock(), random: random.next })
}

/** Tables that note the names of the operations that they are asked for. */
function noting(database: MemoryDatabase): { tables: Tables; calls: string[] } {
  const calls: string[] = []
  const note = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(_, property) {
        const member: unknown = Reflect.get(target, property)
        if (typeof member !== 'function') return member
        return (...args: unknown[]): unknown => {
          calls.push(String(property))
          return Reflect.apply(member, target, args)
        }
      },
    })
  const tables = new MemoryTables(database)
  const transaction: Tables['transaction'] = async (work) => {
    calls.push('transaction')
    return tables.transaction((inner: Transaction) => work(note(inner)))
  }
  const noted = note<Tables>(tables)
  return {
    calls,
    tables: new Proxy(noted, {
      get: (target, property): unknown =>
        property === 'transaction' ? transaction : Reflect.get(target, property),
    }),
  }
}

/** Tables that do what they are asked and lose so many answers to writes. */
function losing(database: MemoryDatabase, answers: number): Tables {
  const tables = new MemoryTables(database)
  let left = answers
  const lost = async <T>(work: Promise<T>): Promise<T> => {
    const result = await work
    if (left-- > 0) throw new StorageError('unknown', 'The connection ended before the answer.')
    return result
  }
  return new Proxy<Tables>(tables, {
    get(_, property): unknown {
      if (property === 'append')
        return (rows: never, newest: never) => lost(tables.append(rows, newest))
      if (property === 'transaction') return (work: never) => lost(tables.transaction(work))
      const member: unknown = Reflect.get(tables, property)
      return typeof member === 'function' ? member.bind(tables) : member
    },
  })
}

async function withSession(database: MemoryDatabase, id: string): Promise<void> {
  const storage = open(database)
  await storage.createSession({ id, title: '', createdAt: 1, members: ['ann'] })
  await storage.commit([{ sessionId: id, at: 1, drafts: [runStarted('r'), opened('m')] }])
}

function window(sessionId: string, text: string): Slice {
  return { sessionId, at: 2, drafts: [delta('m', text)], guard: { is: 'run', runId: 'r' } }
}

async function textOf(storage: RowStorage, sessionId: string): Promise<string> {
  const { parts = [] } = (await storage.message(sessionId, 'm')) ?? {}
  return parts.map((part) => ('text' in part ? part.text : '')).join('')
}

test('a window of deltas of 100 sessions is one call', async () => {
  const database = emptyDatabase()
  const ids = Array.from({ length: 100 }, (_, index) => `s${index}`)
  for (const id of ids) await withSession(database, id)
  const { tables, calls } = noting(database)
  const storage = open(database, tables)
  await storage.commit(ids.map((id) => window(id, 'a')))
  expect(calls).toEqual(['sessions', 'append'])
  calls.length = 0
  await storage.commit(ids.map((id) => window(id, 'b')))
  expect(calls).toEqual(['append'])
})

test('changes of several sessions are one transaction of five calls, with a lookup for each new message', async () => {
  const database = emptyDatabase()
  for (const id of ['s', 't']) await withSession(database, id)
  const { tables, calls } = noting(database)
  const storage = open(database, tables)
  await storage.commit(['s', 't'].map((id) => window(id, 'a')))
  calls.length = 0
  const drafts = [finished('m'), prompt('p')]
  await storage.commit(['s', 't'].map((sessionId) => ({ sessionId, at: 1, drafts })))
  const lookups = ['idStatus', 'idStatus']
  const writes = ['changeMessages', 'append', 'updateSessions', 'place']
  expect(calls).toEqual(['transaction', 'lock', ...lookups, ...writes])
})

test('what a stale process decides is decided again on what others wrote', async () => {
  const database = emptyDatabase()
  await withSession(database, 's')
  const [one, two] = [open(database), open(database)]
  await one.commit([window('s', 'a')])
  await two.commit([window('s', 'b')])
  await one.commit([window('s', 'c')])
  expect(await textOf(two, 's')).toBe('abc')
  await two.commit([{ sessionId: 's', at: 3, drafts: [finished('m')] }])
  const [late] = await one.commit([window('s', 'd')])
  expect(late?.refused).toBe('message-missing')
})

test.each([1, 2])('a commit whose answer is lost %i times is written once', async (answers) => {
  const database = emptyDatabase()
  await withSession(database, 's')
  const storage = open(database, losing(database, answers))
  const [taken] = await storage.commit([window('s', 'a')])
  expect(taken).toMatchObject({ events: [{ seq: 3 }], cursor: { seq: 3 } })
  await storage.commit([{ sessionId: 's', at: 3, drafts: [finished('m'), prompt('p')] }])
  expect(await textOf(open(database), 's')).toBe('a')
  expect(await shownIds(open(database), 's')).toEqual(['m', 'p'])
})

test.each([1, 2])(
  'a call that a commit owes is written once if %i answers are lost',
  async (answers) => {
    const database = emptyDatabase()
    await withSession(database, 's')
    const storage = open(database, losing(database, answers))
    await storage.commit([{ sessionId: 's', at: 2, drafts: [runEnded('r')] }], { owes: true })
    expect(await storage.owed.list(9)).toMatchObject([{ hook: { runId: 'r' } }])
  },
)

test('a commit whose outcome stays unknown is found by the same slices, and decided anew by others', async () => {
  const database = emptyDatabase()
  await withSession(database, 's')
  const storage = open(database, losing(database, 3))
  const slices = [window('s', 'a')]
  await expect(storage.commit(slices)).rejects.toMatchObject({ failure: 'unknown' })
  const [found] = await storage.commit(slices)
  expect(found).toMatchObject({ events: [{ seq: 3 }] })
  await storage.commit(structuredClone(slices))
  expect(await textOf(storage, 's')).toBe('aa')
})
