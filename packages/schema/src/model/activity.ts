import * as z from 'zod'

import { count, id, timestamp } from '../base/id.ts'
import { runError } from './message.ts'
import type { SchemaOf } from '../base/schema-of.ts'
import { contextUsage } from './usage.ts'

const activityRowObject = z.object({
  sessionId: id,
  title: z.string(),
  /** Rises with each change of the row, never per delta; of two rows the higher one is current. */
  revision: count,
  /** `at` of the last user message or normally finished answer; lists are ordered by it. */
  recency: timestamp,
  streaming: z.boolean(),
  /** Runs started so far. */
  generation: count,
  lastModel: z.string().exactOptional(),
  lastThinkingLevel: z.string().exactOptional(),
  epoch: count,
  messageCount: count,
  lastMessageAt: timestamp.exactOptional(),
  /** The journal's newest seq when the row was read. */
  headSeq: count,
  /** Finished assistant messages after the principal's read mark. */
  unread: count,
  contextUsage: contextUsage.exactOptional(),
  /** The error of the newest run, if it failed. */
  lastError: runError.exactOptional(),
})
/** The status of a session in a list, as one principal sees it. */
export interface ActivityRow extends z.infer<typeof activityRowObject> {}
export const activityRow: SchemaOf<ActivityRow> = activityRowObject
