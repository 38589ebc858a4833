import * as z from 'zod'

import { id, name } from '../base/id.ts'
import type { SchemaOf, UnionOf } from '../base/schema-of.ts'
import { promptPart } from '../model/part.ts'
import { procedure } from './base.ts'
import { runTicketMembers } from './runs.ts'

const sendResultObject = z.object({ messageId: id, ...runTicketMembers })
/** The answer to a prompt that was accepted. */
export interface SendResult extends z.infer<typeof sendResultObject> {}
const sendResult: SchemaOf<SendResult> = sendResultObject

/** The members of every prompt, besides its content. */
const promptOptions = {
  sessionId: id,
  messageId: id.exactOptional(),
  model: name.exactOptional(),
  /** How much the model thinks, as a word that the agent knows: `low`, `high` … */
  thinkingLevel: name.exactOptional(),
}

const sendInputUnion = z.union([
  z.strictObject({ ...promptOptions, text: z.string() }),
  z.strictObject({ ...promptOptions, parts: z.array(promptPart).min(1) }),
])
export type SendInput = UnionOf<typeof sendInputUnion>
export const sendInput: SchemaOf<SendInput> = sendInputUnion

export const messages = {
  /** Starts a run with this prompt, or queues it. Repeating a `messageId` sends nothing twice. */
  send: procedure.input(sendInput).output(sendResult),
}
