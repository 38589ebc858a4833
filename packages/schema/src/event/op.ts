import * as z from 'zod'

import { count } from '../base/id.ts'
import { citations, part, providerMetadata } from '../model/part.ts'
import type { SchemaOf, UnionOf } from '../base/schema-of.ts'

const opUnion = z.discriminatedUnion('op', [
  z.object({
    op: z.literal('append'),
    part: count,
    text: z.string(),
    done: z.literal(true).exactOptional(),
    providerMetadata: providerMetadata.exactOptional(),
    citations: citations.exactOptional(),
  }),
  z.object({ op: z.literal('put'), part: count, value: part }),
])
/**
 * One change to a message's parts.
 *
 * - `append` adds to the text of the part at index `part` (text, reasoning, or a tool call's raw
 *   input). `done` marks a text or reasoning part as complete, and `providerMetadata` and `citations`
 *   become the part's, without sending its text again.
 * - `put` sets the part at that index, at most one past the last.
 */
export type Op = UnionOf<typeof opUnion>
export const op: SchemaOf<Op> = opUnion
export type Append = Extract<Op, { op: 'append' }>
