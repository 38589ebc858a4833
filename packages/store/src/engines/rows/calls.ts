import type { Clock } from '@caughtup/schema/clock'

import type { CallCounts } from '../../port/calls.ts'
import type { Tables } from './tables/tables.ts'

/** The counts of principals' calls as rows; `assertOpen` throws once the database is closed. */
export function callCounts(tables: Tables, clock: Clock, assertOpen: () => void): CallCounts {
  return {
    async count(call) {
      assertOpen()
      return tables.countCall(call, Math.floor(clock.now()))
    },
    async forget(principal) {
      assertOpen()
      await tables.forgetCalls(principal)
    },
  }
}
