import { eventIterator, oc } from '@orpc/contract'
import * as z from 'zod'

import { activityRow } from '../model/activity.ts'
import { type ErrorCode, type ErrorData, errorStatus } from '../base/error.ts'
import { activityFrame, chatFrame, wireCursor } from '../wire/frame.ts'
import { page, pageCursor } from '../wire/page.ts'
import { count, id } from '../base/id.ts'
import { promptPart } from '../model/part.ts'
import type { SchemaOf, UnionOf } from '../base/schema-of.ts'
import { session } from '../model/session.ts'
import { serverStats } from '../wire/stats.ts'
import { contextUsage, ledgerMembers } from '../model/usage.ts'

const errorData: SchemaOf<ErrorData | undefined> = z
  .object({
    field: z.string().exactOptional(),
    value: z.string().exactOptional(),
    limit: z.number().exactOptional(),
    reason: z.string().exactOptional(),
    retryAfter: z.number().exactOptional(),
  })
  .optional()

/** The errors that every procedure may answer with, by their codes. */
export type ProcedureErrors = {
  [Code in ErrorCode]: { status: (typeof errorStatus)[Code]; data: typeof errorData }
}

const errors: ProcedureErrors = {
  BAD_INPUT: { status: errorStatus.BAD_INPUT, data: errorData },
  UNAUTHORIZED: { status: errorStatus.UNAUTHORIZED, data: errorData },
  NOT_FOUND: { status: errorStatus.NOT_FOUND, data: errorData },
  CONFLICT: { status: errorStatus.CONFLICT, data: errorData },
  TOO_LARGE: { status: errorStatus.TOO_LARGE, data: errorData },
  LIMIT_EXCEEDED: { status: errorStatus.LIMIT_EXCEEDED, data: errorData },
  UNAVAILABLE: { status: errorStatus.UNAVAILABLE, data: errorData },
}
const procedure = oc.errors(errors)

const sessionInput = z.strictObject({ sessionId: id })
const title = z.string()
const limit = z.number().int().min(1)

const runTicketObject = z.object({
  runId: id,
  /** Whether it waits behind another run at this moment. */
  queued: z.boolean(),
})
/** What starts or joins the queue of runs. */
export interface RunTicket extends z.infer<typeof runTicketObject> {}
const runTicket: SchemaOf<RunTicket> = runTicketObject

const sendResultObject = z.object({ messageId: id, ...runTicketObject.shape })
/** What a prompt that arrived is answered with. */
export interface SendResult extends z.infer<typeof sendResultObject> {}
const sendResult: SchemaOf<SendResult> = sendResultObject

const onChatInputObject = z.strictObject({
  sessionId: id,
  mode: z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('full') }),
    z.strictObject({ type: z.literal('since'), cursor: wireCursor }),
    z.strictObject({ type: z.literal('live') }),
  ]),
  /** A stream with the id of an older one of the same principal takes its place. */
  streamId: id.exactOptional(),
})
export interface OnChatInput extends z.infer<typeof onChatInputObject> {}
export const onChatInput: SchemaOf<OnChatInput> = onChatInputObject

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

/** The procedures, their inputs, outputs and errors: the one definition for both sides. */
export const contract = {
  /** Replays a session in the mode asked for, then follows it live. */
  onChat: procedure.input(onChatInput).output(eventIterator(chatFrame)),

  sessions: {
    /** The caller's sessions, by recency, newest first. */
    list: procedure
      .input(
        z
          .strictObject({ cursor: wireCursor.exactOptional(), limit: limit.exactOptional() })
          .optional(),
      )
      .output(z.object({ sessions: z.array(session), nextCursor: wireCursor.nullable() })),
    create: procedure
      .input(z.strictObject({ title: title.exactOptional() }).optional())
      .output(session),
    get: procedure.input(sessionInput).output(session),
    update: procedure.input(z.strictObject({ sessionId: id, title })).output(session),
    delete: procedure.input(sessionInput).output(z.object({ deleted: z.literal(true) })),
  },

  messages: {
    /** Starts a run with this prompt, or queues it. The same `messageId` twice is one message. */
    send: procedure.input(sendInput).output(sendResult),
  },

  runs: {
    /** Ends the active run (or the one named, queued ones too), whatever its agent does. */
    interrupt: procedure
      .input(z.strictObject({ sessionId: id, runId: id.exactOptional() }))
      .output(z.object({ interrupted: z.boolean() })),
  },

  history: {
    loadMore: procedure
      .input(
        z.strictObject({
          sessionId: id,
          cursor: pageCursor.exactOptional(),
          limit: limit.exactOptional(),
        }),
      )
      .output(page),
    /** Queues a run that opens an epoch with a summary of the newest one. */
    compact: procedure.input(sessionInput).output(runTicket),
    /** Queues a run that opens an empty epoch. */
    reset: procedure.input(sessionInput).output(runTicket),
  },

  activity: {
    /** A page of the caller's sessions, by recency, newest first, and the cursor to subscribe from. */
    list: procedure
      .input(
        z
          .strictObject({ cursor: wireCursor.exactOptional(), limit: limit.exactOptional() })
          .optional(),
      )
      .output(
        z.object({
          rows: z.array(activityRow),
          nextCursor: wireCursor.nullable(),
          /** Where the feed stood at the first page. */
          cursor: wireCursor,
        }),
      ),
    subscribe: procedure
      .input(z.strictObject({ since: wireCursor.exactOptional() }).optional())
      .output(eventIterator(activityFrame)),
    /** Moves the caller's read mark forward, never back. */
    markRead: procedure
      .input(z.strictObject({ sessionId: id, upTo: count }))
      .output(z.object({ upTo: count })),
  },

  usage: {
    get: procedure
      .input(sessionInput)
      .output(z.object({ ...ledgerMembers, contextUsage: contextUsage.exactOptional() })),
  },

  server: {
    /** Needs the permission `server.stats`. */
    stats: procedure.input(z.strictObject({}).optional()).output(serverStats),
  },
}
export type Contract = typeof contract
