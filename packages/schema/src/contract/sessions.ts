import * as z from 'zod'

import { id, principal, transientLength } from '../base/id.ts'
import { shallow } from '../base/json.ts'
import type { SchemaOf } from '../base/schema-of.ts'
import { message } from '../model/message.ts'
import { member, session, sessionMetadata, type SessionMetadataInput } from '../model/session.ts'
import { wireCursor } from '../wire/frame.ts'
import { listInput, procedure, sessionInput } from './base.ts'
import { searchMembers, searchResult } from './history.ts'

const title = z.string()
const memberInput = z.strictObject({ sessionId: id, principal })

const createInputObject = z.strictObject({
  /** With it, a repeated call gets the session that the first one made. */
  sessionId: id.exactOptional(),
  title: title.exactOptional(),
  /** Besides the caller, who is the owner. */
  members: z.array(principal).exactOptional(),
  metadata: sessionMetadata.exactOptional(),
})
export interface CreateSessionInput extends Omit<z.infer<typeof createInputObject>, 'metadata'> {
  metadata?: SessionMetadataInput
}
const createInput: SchemaOf<CreateSessionInput> = createInputObject

const updateInputObject = z
  .strictObject({
    sessionId: id,
    title: title.exactOptional(),
    /** Replaces all of it. */
    metadata: sessionMetadata.exactOptional(),
  })
  .refine((change) => change.title !== undefined || change.metadata !== undefined, {
    path: ['title'],
    message: 'must be there, or metadata',
  })
export interface UpdateSessionInput extends Omit<z.infer<typeof updateInputObject>, 'metadata'> {
  metadata?: SessionMetadataInput
}
const updateInput: SchemaOf<UpdateSessionInput> = updateInputObject

const recalledPromptObject = z.object({ sessionId: id, message })
/** A prompt of the caller, with its session. */
export interface RecalledPrompt extends z.infer<typeof recalledPromptObject> {}
const recalledPrompt: SchemaOf<RecalledPrompt> = recalledPromptObject

const recallPageObject = z.object({
  /** Newest first. */
  prompts: z.array(recalledPrompt),
  /** For the prompts before these; null if there are none. */
  nextCursor: wireCursor.nullable(),
})
/** The caller's own prompts in all of its sessions. */
export interface RecallPage extends z.infer<typeof recallPageObject> {}
const recallPage: SchemaOf<RecallPage> = recallPageObject

export const sessions = {
  /** The caller's sessions, by recency, newest first. */
  list: procedure
    .input(listInput)
    .output(z.object({ sessions: z.array(session), nextCursor: wireCursor.nullable() })),
  /** Messages of all of the caller's sessions that have every word of a text, newest first. */
  search: procedure.input(z.strictObject(searchMembers)).output(searchResult),
  /** The caller's own prompts in all of its sessions, newest first: for a client that offers them again. */
  prompts: procedure.input(listInput).output(recallPage),
  create: procedure.input(createInput.optional()).output(session),
  get: procedure.input(sessionInput).output(session),
  update: procedure.input(updateInput).output(session),
  /** The owner first. */
  members: procedure.input(sessionInput).output(z.object({ members: z.array(member) })),
  addMember: procedure.input(memberInput).output(z.object({ added: z.boolean() })),
  removeMember: procedure.input(memberInput).output(z.object({ removed: z.boolean() })),
  /** Tells all who are watching something of the moment, which nothing keeps. */
  signal: procedure
    .input(
      z.strictObject({
        sessionId: id,
        name: z.string().min(1).max(transientLength),
        /** Any JSON, up to `signalBytes`. */
        data: shallow,
      }),
    )
    .output(z.object({ sent: z.literal(true) })),
  /** Makes a session of the caller's own with the messages up to one. */
  fork: procedure
    .input(z.strictObject({ sessionId: id, from: id, title: title.exactOptional() }))
    .output(
      z.object({
        session,
        /** Whether the fork ends after `from`, with the end of its tool group. */
        moved: z.boolean(),
      }),
    ),
  delete: procedure.input(sessionInput).output(z.object({ deleted: z.literal(true) })),
}
