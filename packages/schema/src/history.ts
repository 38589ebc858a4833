import * as z from 'zod'

import { count, id, timestamp } from './id.ts'
import { message } from './message.ts'

/** Where a page of older history ends: before the message of this order. Any message gives one. */
export const pageCursor = z.object({ before: count })
export type PageCursor = z.infer<typeof pageCursor>

/** One step of older history: a stretch of one epoch, oldest first. */
export const page = z.object({
  messages: z.array(message),
  /** For the next older page; null exactly when there is none. */
  nextCursor: pageCursor.nullable(),
  hasOlder: z.boolean(),
  /** The epoch of the messages in it; of the newest one, when there is none. */
  epoch: count,
  /** The seq at which it was read: events after it are to be applied over it. */
  asOf: count,
})
export type Page = z.infer<typeof page>

/** A message that a search found. */
export const searchHit = z.object({
  sessionId: id,
  messageId: id,
  order: count,
  epoch: count,
  role: message.shape.role,
  createdAt: timestamp,
  /** The text around the first place found, shortened to about 160 characters. */
  excerpt: z.string(),
})
export type SearchHit = z.infer<typeof searchHit>
