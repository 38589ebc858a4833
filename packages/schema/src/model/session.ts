import * as z from 'zod'

import { count, id, timestamp } from '../base/id.ts'
import { json } from '../base/json.ts'
import type { SchemaOf } from '../base/schema-of.ts'

/** What a host keeps about a session: a JSON object. */
export const sessionMetadata = z.record(z.string(), json)
export type SessionMetadata = z.infer<typeof sessionMetadata>

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
export interface Session extends z.infer<typeof sessionObject> {}
export const session: SchemaOf<Session> = sessionObject

const memberObject = z.object({ principal: z.string(), owner: z.boolean() })
/** One who sees a session. */
export interface Member extends z.infer<typeof memberObject> {}
export const member: SchemaOf<Member> = memberObject
