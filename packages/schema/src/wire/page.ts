import * as z from 'zod'

import { count, id, timestamp } from '../base/id.ts'
import { message, role } from '../model/message.ts'
import type { SchemaOf, UnionOf } from '../base/schema-of.ts'

export const olderCursor = z.strictObject({ before: count })
const newerCursor = z.strictObject({ after: count })
const pageCursorUnion = z.union([olderCursor, newerCursor])
/**
 * A page of history ends before the message of this order, or begins after it; a cursor can be made
 * of any message.
 */
export type PageCursor = UnionOf<typeof pageCursorUnion>
export const pageCursor: SchemaOf<PageCursor> = pageCursorUnion

/**
 * Why a session may lack messages of the host's transcript:
 * - `failed`: it could not be merged in time, or some of its messages were refused
 * - `run-active`: nothing is merged during a run; what is missing comes after it
 */
const unmergedEnum = z.enum(['failed', 'run-active'])
export type Unmerged = z.infer<typeof unmergedEnum>
export const unmerged: SchemaOf<Unmerged> = unmergedEnum

const pageObject = z.object({
  messages: z.array(message),
  /** For the next older page; null if and only if there is none. */
  nextCursor: olderCursor.nullable(),
  hasOlder: z.boolean(),
  /** For the next newer page; null if and only if there is none. */
  newerCursor: newerCursor.nullable(),
  hasNewer: z.boolean(),
  /** The epoch of the messages; without messages, the newest epoch. */
  epoch: count,
  /** The seq at which it was read; later events are applied on top. */
  asOf: count,
  /** Of a page without a cursor alone. */
  unmerged: unmerged.exactOptional(),
})
/** A page of history: messages of one epoch, oldest first. */
export interface Page extends z.infer<typeof pageObject> {}
export const page: SchemaOf<Page> = pageObject

const searchHitObject = z.object({
  sessionId: id,
  messageId: id,
  order: count,
  epoch: count,
  role,
  createdAt: timestamp,
  /** Text around the first match, shortened to about 160 characters. */
  excerpt: z.string(),
})
/** A message that a search found. */
export interface SearchHit extends z.infer<typeof searchHitObject> {}
export const searchHit: SchemaOf<SearchHit> = searchHitObject

const promptPageObject = z.object({
  /** Newest first. */
  prompts: z.array(message),
  /** For the prompts before these; null if there are none. */
  nextCursor: olderCursor.nullable(),
})
/** The caller's own prompts in a session. */
export interface PromptPage extends z.infer<typeof promptPageObject> {}
export const promptPage: SchemaOf<PromptPage> = promptPageObject
