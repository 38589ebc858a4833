import * as z from 'zod'

import { count, id, timestamp } from '../base/id.ts'
import { boundaryTrigger, customMetadata, type CustomMetadata } from './message.ts'
import { promptPart } from './part.ts'
import type { SchemaOf, UnionOf, WithMember } from '../base/schema-of.ts'
import { usage } from './usage.ts'

const runKind = z.enum(['agent', 'compaction', 'reset'])
export type RunKind = z.infer<typeof runKind>

const runObject = z.object({
  id,
  kind: runKind,
  status: z.enum(['queued', 'streaming', 'waiting', 'ended']),
  /** Its number among the runs of its session: 1, 2, 3 … */
  generation: count,
  model: z.string().exactOptional(),
  thinkingLevel: z.string().exactOptional(),
  startedAt: timestamp,
  /** Id of the principal who requested it. */
  author: z.string().exactOptional(),
  /** One more than how often its process was lost and another one continued it. @default 1 */
  attempt: count.exactOptional(),
  /** What it used until it last waited. */
  usage: usage.exactOptional(),
})
/** One execution of the agent, a compaction or a reset. A session has at most one active run. */
export interface Run extends z.infer<typeof runObject> {}
export const run: SchemaOf<Run> = runObject

/** A run before it is committed: the journal gives it its generation. */
export type RunDraft = Omit<Run, 'generation'>

/** The members of every queue entry. */
const queuedEntry = {
  runId: id,
  queuedAt: timestamp,
  /** Id of the principal who requested it. */
  author: z.string().exactOptional(),
}

const queuedRunUnion = z.discriminatedUnion('kind', [
  z.object({
    ...queuedEntry,
    kind: z.literal('agent'),
    messageId: id,
    parts: z.array(promptPart),
    /** Set if the prompt is in the session already and is answered again; `parts` is empty then. */
    retry: z.literal(true).exactOptional(),
    /** Id of the prompt in whose place this one comes. */
    replaces: id.exactOptional(),
    /** Set once the server has begun a compaction for it: there is no second one. */
    compacted: z.literal(true).exactOptional(),
    /** Set if it is offered to the active run: it stands before those that merely wait. */
    steer: z.literal(true).exactOptional(),
    /** Id of the answer, if it was chosen with the request. */
    answerId: id.exactOptional(),
    custom: customMetadata.exactOptional(),
    model: z.string().exactOptional(),
    thinkingLevel: z.string().exactOptional(),
  }),
  z.object({ ...queuedEntry, kind: z.literal('compaction'), trigger: boundaryTrigger }),
  z.object({ ...queuedEntry, kind: z.literal('reset'), trigger: boundaryTrigger }),
])
/** A run that waits in a session's queue. A new prompt becomes a message when the run starts. */
export type QueuedRun = WithMember<UnionOf<typeof queuedRunUnion>, 'custom', CustomMetadata>
export const queuedRun: SchemaOf<QueuedRun> = queuedRunUnion
