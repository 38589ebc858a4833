import { sleep } from '@caughtup/schema/clock'

import { StorageError, type StorageFailure } from '../../../src/port/storage-error.ts'
import type { Storage } from '../../../src/port/storage.ts'
import type { SimulatedProcess } from './simulated-process.ts'

/** The fate of one database call. */
export interface Fate {
  /** Ms until it begins, and until its answer arrives. */
  delay: number
  late: number
  /** Whether it fails without changes. */
  failure?: StorageFailure
  /** Whether the process dies before the call, or after it and before its answer arrives. */
  crash?: 'before' | 'after'
}

/** Members that do not call the database. */
const untouched = new Set<PropertyKey>(['stats', 'close'])

/**
 * A process's database whose calls meet the fate that `fate` returns. The process may be paused or
 * killed at either end of each call.
 */
export function faultyStorage(
  storage: Storage,
  life: SimulatedProcess,
  fate: (call: string) => Fate,
): Storage {
  const dying = () => {
    life.kill()
    return life.awake()
  }
  const call = async (name: string, work: () => unknown): Promise<unknown> => {
    const { delay, late, failure, crash } = fate(name)
    await life.awake()
    if (delay > 0) await sleep(life, delay)
    if (crash === 'before') return dying()
    if (failure) throw new StorageError(failure, `Simulated: ${failure}.`)
    try {
      return await work()
    } finally {
      if (crash === 'after') await dying()
      if (late > 0) await sleep(life, late)
      // A paused process does not receive an answer that has arrived.
      await life.awake()
    }
  }
  const changes = {
    next: (signal: AbortSignal) => call('changes', () => storage.changes.next(signal)),
  }
  return new Proxy(storage, {
    get(target, property) {
      if (property === 'changes') return changes
      const member: unknown = Reflect.get(target, property)
      if (typeof member !== 'function') return member
      return (...args: unknown[]): unknown => {
        const work = () => Reflect.apply(member, target, args)
        return untouched.has(property) ? work() : call(String(property), work)
      }
    },
  })
}
