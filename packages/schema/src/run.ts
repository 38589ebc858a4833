import * as z from 'zod'

import { count, id, timestamp } from './id.ts'
import { boundaryTrigger } from './message.ts'
import { promptPart } from './part.ts'

const runKind = z.enum(['agent', 'compaction', 'reset'])
export type RunKind = z.infer<typeof runKind>

/** One execution of the agent, of a compaction or of a reset: one at a time in a session. */
export const run = z.object({
  id,
  kind: runKind,
  status: z.enum(['queued', 'streaming', 'waiting', 'ended']),
  /** Which run of its session it is: 1, 2, 3 … */
  generation: count,
  model: z.string().exactOptional(),
  thinkingLevel: z.string().exactOptional(),
  startedAt: timestamp,
})
export type Run = z.infer<typeof run>

/** A run before it is committed: the journal gives it its generation. */
export type RunDraft = Omit<Run, 'generation'>

/** What waits in a session's queue. A prompt becomes a message only when its run starts. */
export const queuedRun = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('agent'),
    runId: id,
    messageId: id,
    parts: z.array(promptPart),
    model: z.string().exactOptional(),
    queuedAt: timestamp,
  }),
  z.object({
    kind: z.literal('compaction'),
    runId: id,
    trigger: boundaryTrigger,
    queuedAt: timestamp,
  }),
  z.object({ kind: z.literal('reset'), runId: id, trigger: boundaryTrigger, queuedAt: timestamp }),
])
export type QueuedRun = z.infer<typeof queuedRun>
