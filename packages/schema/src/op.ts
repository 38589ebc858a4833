import * as z from 'zod'

import { count } from './id.ts'
import { part } from './part.ts'

/**
 * One change to a message's parts.
 *
 * - `append` adds to the text of the part at index `part` (text, reasoning, or a tool call's raw
 *   input). `done` marks a text or reasoning part as complete without sending its text again.
 * - `put` sets the part at that index, at most one past the last.
 */
export const op = z.discriminatedUnion('op', [
  z.object({
    op: z.literal('append'),
    part: count,
    text: z.string(),
    done: z.literal(true).exactOptional(),
  }),
  z.object({ op: z.literal('put'), part: count, value: part }),
])
export type Op = z.infer<typeof op>
