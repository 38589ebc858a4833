import * as z from 'zod'

import { count, id, timestamp } from './id.ts'

/** One conversation. */
export const session = z.object({
  id,
  title: z.string(),
  createdAt: timestamp,
  updatedAt: timestamp,
  epoch: count,
})
export type Session = z.infer<typeof session>
