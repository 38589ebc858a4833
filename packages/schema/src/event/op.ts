import * as z from 'zod'

import { count } from '../base/id.ts'
import { customMetadata, type CustomMetadata } from '../model/message.ts'
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
  z.object({ op: z.literal('custom'), value: customMetadata }),
])
/**
 * One change to a message.
 *
 * - `append` extends the text of the part at index `part`: of a text, of reasoning, or the raw input
 *   of a tool call. `done` completes a text or reasoning part; `providerMetadata` and `citations`
 *   replace those of the part, without sending its text again.
 * - `put` sets the part at index `part`, or adds it at the index after the last.
 * - `custom` sets `metadata.custom`, whole.
 */
export type Op =
  | Exclude<UnionOf<typeof opUnion>, { op: 'custom' }>
  | { op: 'custom'; value: CustomMetadata }
export const op: SchemaOf<Op> = opUnion
export type Append = Extract<Op, { op: 'append' }>
