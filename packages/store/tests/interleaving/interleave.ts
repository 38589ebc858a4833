import assert from 'node:assert/strict'

import type { Event } from '@caughtup/schema'
import { emptyView } from '@caughtup/schema/fold'
import { ManualClock, Random } from '@caughtup/schema/testing'

import { summarise } from '../../src/core/reading/list-events.ts'
import { allEvents, maintainAll } from '../../src/conformance/support/reads.ts'
import { foldAll, freshView, sameIn } from '../../src/conformance/support/views.ts'
import { redact } from '../../src/journal/redact.ts'
import { RowStorage } from '../../src/engines/rows/row-storage.ts'
import { emptyDatabase } from '../../src/engines/memory/database.ts'
import { Opening } from '../../src/engines/memory/opening.ts'
import { MemoryTables } from '../../src/engines/memory/tables.ts'
import type { Storage } from '../../src/port/storage.ts'
import { interleavedTables, type Process } from './interleaved-tables.ts'
import { Keeper } from './keeper.ts'
import { assertNothingLate, Ledger } from './ledger.ts'
import { SlowLocks, Turns } from './turns.ts'
import { orMissing, Writer } from './writer.ts'

const sessions = ['a', 'b', 'c']
const principals = ['ann', 'bob', 'eve']
const calm = { busy: 0, lostAnswer: 0, late: 0 }

/** The size of a program. */
export interface Interleaved {
  entries: number
  journals: number
  /** How often a run was continued. */
  continued: number
}

/**
 * Several processes commit, trim, delete, fork and take over on one database, whose operations
 * interleave at every await. Everything follows from the seed.
 *
 * @throws AssertionError where a journal or a feed is not what was promised
 */
export async function interleave(seed: number, steps = 30): Promise<Interleaved> {
  const random = new Random(seed)
  const turns = new Turns(random)
  const database = { ...emptyDatabase(), locks: new SlowLocks(turns) }
  const ledger = new Ledger()
  const isFaulty = random.chance(0.6)
  const kept = random.pick([undefined, 1, 1, 8])
  const processes: Process[] = []
  const keepers: Keeper[] = []
  const storages: Storage[] = []
  const work: Promise<void>[] = []
  for (const name of ['A', 'B', 'C'].slice(0, random.between(2, 3))) {
    const faults = isFaulty ? { busy: 0.03, lostAnswer: 0.05, late: 0.05 } : { ...calm }
    const process: Process = { name, turns, random, faults }
    const tables = interleavedTables(new MemoryTables(database), process)
    const changes = new Opening(database.openings)
    const clock = new ManualClock()
    const storage = new RowStorage({ tables, changes, clock, random: random.next, lookEvery: 0 })
    const keeper = new Keeper({ storage, random, sessions, principals, kept })
    const writer = new Writer({ name, storage, random, ledger, sessions })
    processes.push(process)
    storages.push(storage)
    keepers.push(keeper)
    work.push(writer.run(steps), keeper.run(steps))
  }
  for (const id of sessions.slice(0, 2))
    work.push(keepers[0]?.create(id).catch(() => undefined) ?? Promise.resolve())
  await turns.run(Promise.all(work))
  await turns.drain()
  for (const process of processes) Object.assign(process.faults, calm)
  const verifying = verify(storages, keepers, { ledger, isFaulty })
  await turns.run(verifying)
  return {
    entries: [...ledger.journals.values()].reduce((sum, { entries }) => sum + entries.size, 0),
    journals: ledger.journals.size,
    continued: await verifying,
  }
}

async function verify(
  storages: readonly Storage[],
  keepers: readonly Keeper[],
  { ledger, isFaulty }: { ledger: Ledger; isFaulty: boolean },
): Promise<number> {
  for (const storage of storages) await maintainAll(storage)
  for (const { feeds } of keepers) for (const feed of feeds) await feed.verify()
  const living = await journalsOf(storages)
  /** Of a session that was deleted meanwhile, a commit whose answer was lost may learn just that. */
  const isComplete = (journal: string) => {
    const { sessionId = '' } = ledger.journals.get(journal) ?? {}
    return !isFaulty || (living.has(journal) && !ledger.untold.has(sessionId))
  }
  let continued = 0
  for (const [journal, { sessionId }] of ledger.journals) {
    if (!isComplete(journal)) continue
    const entries = ledger.entries(journal)
    assertWhole(entries, `Session ${sessionId}`)
    continued += assertNothingLate(entries, `Session ${sessionId}`)
  }
  const seen = keepers.flatMap(({ journals }) => journals.flatMap((reader) => reader.seen))
  for (const each of seen) if (isComplete(each.journal)) assertTold(each, ledger)
  for (const id of sessions)
    for (const storage of storages) await verifySession(storage, id, ledger)
  return continued
}

async function journalsOf([storage]: readonly Storage[]): Promise<Set<string>> {
  const journals = new Set<string>()
  for (const id of sessions) {
    const head = storage && (await orMissing(storage.state(id)))
    if (head) journals.add(head.cursor.journal)
  }
  return journals
}

/** Asserts that no seq is missing. A fork's first entry comes from no commit. */
function assertWhole(entries: readonly Event[], where: string): void {
  const first = entries[0]?.seq ?? 1
  assert(first <= 2, `${where} begins with ${first}.`)
  for (const [index, { seq }] of entries.entries()) {
    assert.equal(seq, first + index, `${where} has no entry ${first + index}.`)
  }
}

/** Asserts that what a reader saw is what some commit was told. */
function assertTold({ journal, event }: { journal: string; event: Event }, ledger: Ledger): void {
  if (event.type === 'forked' || event.type === 'redacted') return
  const told = ledger.entries(journal).filter(({ seq }) => seq >= event.from && seq <= event.seq)
  assert.equal(told.length, event.seq - event.from + 1, `Entry ${event.seq} was told.`)
  for (const each of told) assert.equal(each.type, event.type)
  if (event.type === 'message-delta') assert.equal(textOf([event]), textOf(told))
}

function textOf(events: readonly Event[]): string {
  const ops = events.flatMap((event) => (event.type === 'message-delta' ? event.ops : []))
  return ops.map((op) => (op.op === 'append' ? op.text : '')).join('')
}

async function verifySession(storage: Storage, id: string, ledger: Ledger): Promise<void> {
  const head = await orMissing(storage.state(id))
  if (!head || ledger.untold.has(id)) return
  const { journal, seq: newest } = head.cursor
  const told = ledger.entries(journal)
  assert.equal(
    told.at(-1)?.seq ?? Math.min(newest, 1),
    newest,
    `${id} ends with what was told last.`,
  )
  const { floor } = await summarise(storage, id, {})
  const read = await allEvents(storage, id)
  assert.deepEqual(
    read.map(({ seq }) => seq),
    Array.from({ length: newest - floor }, (_, index) => floor + 1 + index),
    `The journal of ${id} has no hole.`,
  )
  const erased = new Set(
    told.flatMap((event) => (event.type === 'message-erased' ? event.messageIds : [])),
  )
  const entries = new Map(told.map((event) => [event.seq, redact(event, erased)]))
  for (const event of read) {
    if (event.type !== 'forked') assert.deepEqual(event, entries.get(event.seq))
  }
  // A fork's first entry asks for a window, as an import does.
  if (told[0]?.seq !== 1) return
  const folded = foldAll(emptyView, told)
  if (folded)
    assert.deepEqual(sameIn(folded), sameIn(await freshView(storage, id)), `The messages of ${id}`)
}
