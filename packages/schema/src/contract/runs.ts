import * as z from 'zod'

import { id } from '../base/id.ts'
import { shallow } from '../base/json.ts'
import type { SchemaOf, UnionOf, WithMember } from '../base/schema-of.ts'
import type { DeclaredOutput } from '../model/declared.ts'
import { promptPart } from '../model/part.ts'
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

const theCall = { sessionId: id, runId: id, toolCallId: z.string().max(200) }
/** Words of a person, or of a program. */
const words = z.string().max(4_000)

const respondInputUnion = z.union([
  z.strictObject({ ...theCall, approved: z.boolean(), reason: words.exactOptional() }),
  z.strictObject({ ...theCall, output: shallow }),
  z.strictObject({ ...theCall, error: words }),
])
export type RespondInput = WithMember<UnionOf<typeof respondInputUnion>, 'output', DeclaredOutput>
const respondInput: SchemaOf<RespondInput> = respondInputUnion

const theQueued = { sessionId: id, runId: id }
const updateQueuedInputUnion = z.union([
  z.strictObject({ ...theQueued, text: z.string() }),
  z.strictObject({ ...theQueued, parts: z.array(promptPart).min(1) }),
])
export type UpdateQueuedInput = UnionOf<typeof updateQueuedInputUnion>
const updateQueuedInput: SchemaOf<UpdateQueuedInput> = updateQueuedInputUnion

export const runs = {
  /** Ends the active run, or the named one (also a queued one), even if its agent does not react. */
  interrupt: procedure
    .input(z.strictObject({ sessionId: id, runId: id.exactOptional() }))
    .output(z.object({ interrupted: z.boolean() })),
  /**
   * Answers a tool call that the run waits for: approves or denies it, or gives what a client's tool
   * returned. `resumed` says whether it was the last one.
   */
  respond: procedure.input(respondInput).output(z.object({ resumed: z.boolean() })),
  /** Replaces the content of a prompt that waits in the queue. */
  updateQueued: procedure.input(updateQueuedInput).output(z.object({ runId: id })),
}
