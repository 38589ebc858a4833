import * as z from 'zod'

import { count, id, name } from '../base/id.ts'
import type { SchemaOf, UnionOf, WithMember } from '../base/schema-of.ts'
import { customMetadata, type CustomMetadataInput, message } from '../model/message.ts'
import { promptPart } from '../model/part.ts'
import { olderCursor, promptPage } from '../wire/page.ts'
import { limit, procedure } from './base.ts'
import { historyChange } from './history.ts'
import { runTicketMembers } from './runs.ts'

const sendResultObject = z.object({ messageId: id, ...runTicketMembers })
/** The answer to a prompt that was accepted. */
export interface SendResult extends z.infer<typeof sendResultObject> {}
const sendResult: SchemaOf<SendResult> = sendResultObject

/** What a prompt may ask of the model. */
const asked = {
  model: name.exactOptional(),
  /** How much the model thinks, as a word that the agent knows: `low`, `high` … */
  thinkingLevel: name.exactOptional(),
}

/** What the host keeps with a prompt: its message's `metadata.custom`. */
const kept = { custom: customMetadata.exactOptional() }

/** The members of every new prompt, besides its content. */
const promptOptions = {
  ...asked,
  ...kept,
  sessionId: id,
  messageId: id.exactOptional(),
  /**
   * What becomes of the prompt while a run is active: it waits for its turn; it ends the run and comes
   * before those that wait; or it is offered to the run's agent, which may take it between two steps,
   * and otherwise comes next. @default queue
   */
  whenBusy: z.enum(['queue', 'interrupt', 'steer']).exactOptional(),
}

const text = { text: z.string() }
const parts = { parts: z.array(promptPart).min(1) }

const sendInputUnion = z.union([
  z.strictObject({ ...promptOptions, ...text }),
  z.strictObject({ ...promptOptions, ...parts }),
])
export type SendInput = WithMember<UnionOf<typeof sendInputUnion>, 'custom', CustomMetadataInput>
export const sendInput: SchemaOf<SendInput> = sendInputUnion

const theMessage = { sessionId: id, messageId: id }

const editInputUnion = z.union([
  z.strictObject({ ...theMessage, ...text }),
  z.strictObject({ ...theMessage, ...parts }),
])
export type EditInput = UnionOf<typeof editInputUnion>
const editInput: SchemaOf<EditInput> = editInputUnion

const retryInputObject = z.strictObject({
  ...asked,
  sessionId: id,
  /** The answer or its prompt. @default the newest prompt */
  messageId: id.exactOptional(),
  answerId: id.exactOptional(),
})
export interface RetryInput extends z.infer<typeof retryInputObject> {}
const retryInput: SchemaOf<RetryInput> = retryInputObject

const retryResultObject = z.object({
  /** The prompt that is answered again. */
  messageId: id,
  answerId: id,
  ...runTicketMembers,
})
/** The answer to a retry that was accepted. */
export interface RetryResult extends z.infer<typeof retryResultObject> {}
const retryResult: SchemaOf<RetryResult> = retryResultObject

const resendOptions = { ...asked, ...kept, ...theMessage, newMessageId: id.exactOptional() }
const resendInputUnion = z.union([
  z.strictObject({ ...resendOptions, ...text }),
  z.strictObject({ ...resendOptions, ...parts }),
])
export type ResendInput = WithMember<
  UnionOf<typeof resendInputUnion>,
  'custom',
  CustomMetadataInput
>
const resendInput: SchemaOf<ResendInput> = resendInputUnion

const listedVersionObject = z.object({
  /** Its first message; without its parts if the versions together are larger than `pageBytes`. */
  message,
  index: count,
  shown: z.boolean(),
  /** How many messages it has. */
  count,
})
/** One of several versions of what follows a message. */
export interface ListedVersion extends z.infer<typeof listedVersionObject> {}
const listedVersion: SchemaOf<ListedVersion> = listedVersionObject

export const messages = {
  /** Starts a run with this prompt, or queues it. Repeating a `messageId` sends nothing twice. */
  send: procedure.input(sendInput).output(sendResult),
  /** Replaces a message's parts; it keeps its place, author and other metadata. */
  edit: procedure.input(editInput).output(z.object({ seq: count })),
  /** Removes a message for good. */
  delete: procedure.input(z.strictObject(theMessage)).output(historyChange),
  /**
   * Answers a prompt again: what follows it becomes a hidden version. Ends the active run. Repeating an
   * `answerId` answers nothing twice.
   */
  retry: procedure.input(retryInput).output(retryResult),
  /**
   * Sends another prompt in place of one, which becomes a hidden version with all that follows it.
   * Ends the active run. Repeating a `newMessageId` sends nothing twice.
   */
  resend: procedure.input(resendInput).output(sendResult),
  /** The caller's own prompts of all epochs, newest first: for a client that offers them again. */
  prompts: procedure
    .input(
      z.strictObject({
        sessionId: id,
        cursor: olderCursor.exactOptional(),
        limit: limit.exactOptional(),
      }),
    )
    .output(promptPage),
  /** The versions of which a message is the first of one, in order. */
  versions: procedure
    .input(z.strictObject(theMessage))
    .output(z.object({ versions: z.array(listedVersion) })),
  /** Shows the version that begins with a message. */
  choose: procedure.input(z.strictObject(theMessage)).output(historyChange),
}
