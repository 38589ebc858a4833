import * as z from 'zod'

import { count, id } from '../base/id.ts'
import type { SchemaOf } from '../base/schema-of.ts'
import { contextUsage, epochUsage, ledgerMembers } from '../model/usage.ts'
import { olderCursor } from '../wire/page.ts'
import { limit, procedure, sessionInput } from './base.ts'

const epochUsagePageObject = z.object({
  /** Of the ledger that the epochs add up to. */
  version: count,
  /** The newest first. */
  epochs: z.array(epochUsage),
  /** For the epochs before these; null if there are none. */
  nextCursor: olderCursor.nullable(),
})
/** What a session used, epoch by epoch. */
export interface EpochUsagePage extends z.infer<typeof epochUsagePageObject> {}
const epochUsagePage: SchemaOf<EpochUsagePage> = epochUsagePageObject

export const usage = {
  get: procedure
    .input(sessionInput)
    .output(z.object({ ...ledgerMembers, contextUsage: contextUsage.exactOptional() })),
  /** The usage of each epoch, the newest first, from before the epoch of the cursor on. */
  epochs: procedure
    .input(
      z.strictObject({
        sessionId: id,
        cursor: olderCursor.exactOptional(),
        limit: limit.exactOptional(),
      }),
    )
    .output(epochUsagePage),
}
