import type { OwedCalls } from '../../port/owed.ts'
import type { Tables } from './tables/tables.ts'

/**
 * The calls of hooks that are owed, as one process has them.
 *
 * @param assertOpen - called before each
 */
export function owedCalls(tables: Tables, process: string, assertOpen: () => void): OwedCalls {
  return {
    async list(limit) {
      assertOpen()
      const rows = await tables.owed(process, limit)
      return rows.map(({ hook, attempts, due }) => ({ hook, attempts, due }))
    },
    async holders() {
      assertOpen()
      return (await tables.owing()).filter((each) => each.process !== process)
    },
    async take(from) {
      assertOpen()
      await tables.takeOwed(from, process)
    },
    async postpone(id, due) {
      assertOpen()
      await tables.postponeOwed(id, process, due)
    },
    async settle(id) {
      assertOpen()
      await tables.settleOwed(id)
    },
  }
}
