import { ManualClock, Random } from '@caughtup/schema/testing'

import { RowStorage } from '../../src/engines/rows/row-storage.ts'
import { emptyDatabase } from '../../src/engines/memory/database.ts'
import { InProcessBus } from '../../src/bus/in-process.ts'
import { MemoryTables } from '../../src/engines/memory/tables.ts'
import type { Storage } from '../../src/port/storage.ts'
import { interleavedTables, type Process } from './interleaved-tables.ts'
import { Keeper } from './keeper.ts'
import { Ledger } from './ledger.ts'
import { SlowLocks, Turns } from './turns.ts'
import { verifyHistory } from './verify-history.ts'
import { Writer } from './writer.ts'

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
    const bus = new InProcessBus(database.buses)
    const clock = new ManualClock()
    const storage = new RowStorage({ tables, bus, clock, random: random.next, lookEvery: 0 })
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
  const verifying = verifyHistory({ storages, keepers, ledger, sessions, isFaulty })
  await turns.run(verifying)
  return {
    entries: [...ledger.journals.values()].reduce((sum, { entries }) => sum + entries.size, 0),
    journals: ledger.journals.size,
    continued: await verifying,
  }
}
