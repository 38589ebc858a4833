import * as z from 'zod'

import { id } from '../base/id.ts'
import type { SchemaOf } from '../base/schema-of.ts'
import { procedure } from './base.ts'

/** The members of a ticket, for schemas that extend one. */
export const runTicketMembers = {
  runId: id,
  /** Whether the run waits behind another one. */
  queued: z.boolean(),
}
const runTicketObject = z.object(runTicketMembers)
/** The answer to a call that starts a run or queues it. */
export interface RunTicket extends z.infer<typeof runTicketObject> {}
export const runTicket: SchemaOf<RunTicket> = runTicketObject

export const runs = {
  /** Ends the active run, or the named one (also a queued one), even if its agent does not react. */
  interrupt: procedure
    .input(z.strictObject({ sessionId: id, runId: id.exactOptional() }))
    .output(z.object({ interrupted: z.boolean() })),
}
