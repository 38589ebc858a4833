import type { Random } from '@caughtup/schema/testing'

import type { Tables, Transaction } from '../../src/engines/rows/tables/tables.ts'
import { StorageError } from '../../src/port/storage-error.ts'
import type { Turns } from './turns.ts'

/** Faults of writes, each as a probability. */
interface Faults {
  /** Refused, with nothing written. */
  busy: number
  /** Written, and the answer is lost. */
  lostAnswer: number
  /** The answer is lost before the request arrives: it is written, or rolled back, some turns later. */
  late: number
}

/** Turns that a late request is on its way. */
const longestDelay = 12

export interface Process {
  name: string
  turns: Turns
  random: Random
  /** Changed while it runs. */
  faults: Faults
}

/**
 * Tables as one process of many has them: each operation waits for its turn before it begins and
 * before its answer arrives, within transactions too, and answers are lost.
 */
export function interleavedTables(tables: Tables, process: Process): Tables {
  const { name, turns } = process
  const operation = interleaved(tables, process)
  return new Proxy(tables, {
    get(_, property) {
      if (property === 'transaction') {
        return async <T>(work: (transaction: Transaction) => Promise<T>) => {
          await turns.take(name)
          const result = await transaction(tables, process, work)
          await turns.take(name)
          return result
        }
      }
      if (property === 'append') {
        return async (...asked: Parameters<Tables['append']>) => {
          await turns.take(name)
          const result = await faulty(process, () => tables.append(...asked))
          await turns.take(name)
          return result
        }
      }
      return operation(property)
    },
  })
}

async function transaction<T>(
  tables: Tables,
  process: Process,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  const { name, turns, random, faults } = process
  const isLate = random.chance(faults.late)
  const isRolledBack = isLate && random.chance(0.5)
  const early = Promise.withResolvers<T>()
  const all = tables.transaction(async (inner) => {
    const result = await work(interleavedTransaction(inner, process))
    await turns.take(name)
    if (random.chance(faults.busy)) throw new StorageError('busy', 'A deadlock, as it were.')
    if (!isLate) return result
    // The connection is gone, and the database holds the locks until it notices.
    early.reject(lost())
    for (let delay = random.between(1, longestDelay); delay > 0; delay--) await turns.take(name)
    if (isRolledBack) throw new StorageError('io', 'Rolled back after the connection was lost.')
    return result
  })
  if (!isLate) {
    const result = await all
    if (random.chance(faults.lostAnswer)) throw lost()
    return result
  }
  // A transaction that fails before its commit fails for its caller, too.
  all.catch((error: unknown) => early.reject(error))
  return early.promise
}

/** A statement of its own, whose answer may be lost. */
async function faulty<T>(process: Process, execute: () => Promise<T>): Promise<T> {
  const { name, turns, random, faults } = process
  if (random.chance(faults.busy)) throw new StorageError('busy', 'Too many connections.')
  if (random.chance(faults.late)) {
    void (async () => {
      for (let delay = random.between(1, longestDelay); delay > 0; delay--) await turns.take(name)
      await execute()
    })()
    throw lost()
  }
  const result = await execute()
  if (random.chance(faults.lostAnswer)) throw lost()
  return result
}

function interleavedTransaction(inner: Transaction, process: Process): Transaction {
  const operation = interleaved(inner, process)
  return new Proxy(inner, { get: (_, property) => operation(property) })
}

/** Any operation, with a turn before it and one behind it. */
function interleaved(target: object, { name, turns }: Process) {
  return (property: PropertyKey): unknown => {
    const member: unknown = Reflect.get(target, property)
    if (typeof member !== 'function') return member
    return async (...args: unknown[]): Promise<unknown> => {
      await turns.take(name)
      const result: unknown = await Reflect.apply(member, target, args)
      await turns.take(name)
      return result
    }
  }
}

function lost(): StorageError {
  return new StorageError('unknown', 'The connection ended before the answer.')
}
