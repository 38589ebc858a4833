import * as z from 'zod'

import { count, id, timestamp } from '../base/id.ts'
import { type JsonObject, jsonObject } from '../base/json.ts'
import type { SchemaOf } from '../base/schema-of.ts'
import type { InputOfDeclared, OutputOfDeclared } from './declared.ts'

/** What a host keeps about a session: a JSON object, or what the host declares. */
export type SessionMetadata = OutputOfDeclared<'sessionMetadata', JsonObject>
/** The same as callers give it. */
export type SessionMetadataInput = InputOfDeclared<'sessionMetadata', JsonObject>
export const sessionMetadata: SchemaOf<SessionMetadata> = jsonObject

const sessionObject = z.object({
  id,
  title: z.string(),
  /** Id of the principal who alone may delete it and change its members. */
  owner: z.string(),
  createdAt: timestamp,
  updatedAt: timestamp,
  epoch: count,
  /** Whatever the host keeps there. */
  metadata: sessionMetadata.exactOptional(),
})
/** One conversation. */
export interface Session extends Omit<z.infer<typeof sessionObject>, 'metadata'> {
  metadata?: SessionMetadata
}
export const session: SchemaOf<Session> = sessionObject

const memberObject = z.object({ principal: z.string(), owner: z.boolean() })
/** One who sees a session. */
export interface Member extends z.infer<typeof memberObject> {}
export const member: SchemaOf<Member> = memberObject
