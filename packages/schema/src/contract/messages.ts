import * as z from 'zod'

import { count, id, name } from '../base/id.ts'
import type { SchemaOf, UnionOf } from '../base/schema-of.ts'
import { promptPart } from '../model/part.ts'
import { procedure } from './base.ts'
import { historyChange } from './history.ts'
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

const text = { text: z.string() }
const parts = { parts: z.array(promptPart).min(1) }

const sendInputUnion = z.union([
  z.strictObject({ ...promptOptions, ...text }),
  z.strictObject({ ...promptOptions, ...parts }),
])
export type SendInput = UnionOf<typeof sendInputUnion>
export const sendInput: SchemaOf<SendInput> = sendInputUnion

const theMessage = { sessionId: id, messageId: id }

const editInputUnion = z.union([
  z.strictObject({ ...theMessage, ...text }),
  z.strictObject({ ...theMessage, ...parts }),
])
export type EditInput = UnionOf<typeof editInputUnion>
const editInput: SchemaOf<EditInput> = editInputUnion

export const messages = {
  /** Starts a run with this prompt, or queues it. Repeating a `messageId` sends nothing twice. */
  send: procedure.input(sendInput).output(sendResult),
  /** Replaces a message's parts; it keeps its place, author and other metadata. */
  edit: procedure.input(editInput).output(z.object({ seq: count })),
  /** Removes a message for good. */
  delete: procedure.input(z.strictObject(theMessage)).output(historyChange),
}
