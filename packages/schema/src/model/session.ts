import * as z from 'zod'

import { count, id, timestamp } from '../base/id.ts'
import type { SchemaOf } from '../base/schema-of.ts'

const sessionObject = z.object({
  id,
  title: z.string(),
  /** The principal who alone may delete it; a member like the others besides. */
  owner: z.string(),
  createdAt: timestamp,
  updatedAt: timestamp,
  epoch: count,
})
/** One conversation. */
export interface Session extends z.infer<typeof sessionObject> {}
export const session: SchemaOf<Session> = sessionObject
