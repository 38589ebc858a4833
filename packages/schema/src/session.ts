import * as z from 'zod'

import { count, id, timestamp } from './id.ts'

/** One conversation. */
export const session = z.object({
  id,
  title: z.string(),
  /** The principal who alone may delete it; a member like the others besides. */
  owner: z.string(),
  createdAt: timestamp,
  updatedAt: timestamp,
  epoch: count,
})
export type Session = z.infer<typeof session>
