import * as z from 'zod'

import { id } from '../base/id.ts'
import type { SchemaOf, UnionOf } from '../base/schema-of.ts'
import { promptPart } from '../model/part.ts'
import { procedure } from './base.ts'
import { runTicketMembers } from './runs.ts'

const sendResultObject = z.object({ messageId: id, ...runTicketMembers })
/** What a prompt that arrived is answered with. */
export interface SendResult extends z.infer<typeof sendResultObject> {}
const sendResult: SchemaOf<SendResult> = sendResultObject

/** What a prompt may come with, whatever it holds. */
const promptOptions = {
  sessionId: id,
  messageId: id.exactOptional(),
  model: z.string().max(200).exactOptional(),
  /** How much the model is to think, in words that the agent knows: `low`, `high` … */
  thinkingLevel: z.string().max(200).exactOptional(),
}

const sendInputUnion = z.union([
  z.strictObject({ ...promptOptions, text: z.string() }),
  z.strictObject({ ...promptOptions, parts: z.array(promptPart).min(1) }),
])
export type SendInput = UnionOf<typeof sendInputUnion>
export const sendInput: SchemaOf<SendInput> = sendInputUnion

export const messages = {
  /** Starts a run with this prompt, or queues it. The same `messageId` twice is one message. */
  send: procedure.input(sendInput).output(sendResult),
}
