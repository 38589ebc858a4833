import { settle } from '@caughtup/schema/testing'
import type { Storage, StorageFactory } from '@caughtup/store'
import type { Scheduler } from 'fast-check'

/** Calls of a port that wait for nothing, or that would only make schedules longer. */
const unscheduled: ReadonlySet<string | symbol> = new Set<keyof Storage>([
  'changes',
  'close',
  'heartbeat',
  'maintain',
  'owed',
  'stats',
])

/** In ms: longer than any timer of the server that a call waits for. */
const patience = 5_000

/** A database whose calls take place, and whose answers arrive, in the order of a schedule, while there is one. */
export class ScheduledStorage implements StorageFactory {
  readonly #inner: StorageFactory
  #scheduler: Scheduler | undefined

  constructor(inner: StorageFactory) {
    this.#inner = inner
  }

  async open(options: Parameters<StorageFactory['open']>[0]): Promise<Storage> {
    const storage = await this.#inner.open(options)
    return new Proxy(storage, {
      get: (target, property) => {
        const member: unknown = Reflect.get(target, property)
        if (typeof member !== 'function') return member
        if (unscheduled.has(property)) return member.bind(target)
        return async (...args: unknown[]) => {
          await this.#scheduler?.schedule(Promise.resolve(), `${String(property)} asked`)
          try {
            return await member.apply(target, args)
          } finally {
            await this.#scheduler?.schedule(Promise.resolve(), `${String(property)} answered`)
          }
        }
      },
    })
  }

  /** Makes the calls at once, and lets the database answer in an order that the scheduler chooses. */
  async race<T extends unknown[]>(
    scheduler: Scheduler,
    ...calls: { [Each in keyof T]: () => Promise<T[Each]> }
  ): Promise<{ [Each in keyof T]: PromiseSettledResult<T[Each]> }> {
    this.#scheduler = scheduler
    let isOver = false
    const settled = Promise.allSettled(calls.map((call) => call())).finally(() => (isOver = true))
    let idleSince = performance.now()
    while (!isOver) {
      // Everything that is under way comes to its next call of the database first.
      for (let turn = 0; turn < 4; turn++) await settle()
      if (scheduler.count() === 0) {
        if (performance.now() - idleSince > patience) throw new Error('A call is never answered.')
        continue
      }
      await scheduler.waitNext(1)
      idleSince = performance.now()
    }
    this.#scheduler = undefined
    await scheduler.waitIdle()
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- one result per call, in their order
    return (await settled) as { [Each in keyof T]: PromiseSettledResult<T[Each]> }
  }
}
