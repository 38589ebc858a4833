import * as z from 'zod'

import { count, id, timestamp } from '../base/id.ts'
import { message, role } from '../model/message.ts'
import type { SchemaOf } from '../base/schema-of.ts'

const pageCursorObject = z.object({ before: count })
/** Where a page of older history ends: before the message of this order. Any message gives one. */
export interface PageCursor extends z.infer<typeof pageCursorObject> {}
export const pageCursor: SchemaOf<PageCursor> = pageCursorObject

const pageObject = z.object({
  messages: z.array(message),
  /** For the next older page; null exactly when there is none. */
  nextCursor: pageCursor.nullable(),
  hasOlder: z.boolean(),
  /** The epoch of the messages in it; of the newest one, when there is none. */
  epoch: count,
  /** The seq at which it was read: events after it are to be applied over it. */
  asOf: count,
})
/** One step of older history: a stretch of one epoch, oldest first. */
export interface Page extends z.infer<typeof pageObject> {}
export const page: SchemaOf<Page> = pageObject

const searchHitObject = z.object({
  sessionId: id,
  messageId: id,
  order: count,
  epoch: count,
  role,
  createdAt: timestamp,
  /** The text around the first place found, shortened to about 160 characters. */
  excerpt: z.string(),
})
/** A message that a search found. */
export interface SearchHit extends z.infer<typeof searchHitObject> {}
export const searchHit: SchemaOf<SearchHit> = searchHitObject
