import { isDeepStrictEqual } from 'node:util'

import type { QueuedRun } from '@caughtup/schema'

import type { SessionRecord } from './evolve.ts'
import type { SessionState } from './types.ts'
import type { Guard } from '../port/commit.ts'

/** Whether the guard holds for the session as it is, or why the commit is refused. */
export function checkGuard(
  { record, overlay }: SessionState,
  guard: Guard,
): true | 'guard-failed' | 'queue-full' | 'queue-too-large' {
  if ('seq' in guard && guard.seq !== undefined && guard.seq !== record.seq) return 'guard-failed'
  switch (guard.is) {
    case 'run':
      return (isActive(record, guard) && areQueued(record, guard.queued)) || 'guard-failed'
    case 'idle':
      return (!record.run && record.queue.length === 0) || 'guard-failed'
    case 'next-in-queue':
      return (!record.run && record.queue[0]?.runId === guard.runId) || 'guard-failed'
    case 'queued':
      return record.queue.some((queued) => queued.runId === guard.runId) || 'guard-failed'
    case 'awaiting-tool': {
      const { runId, message } = guard
      const waits = record.run?.id === runId && record.run.status === 'waiting'
      const isAsOf = !message || overlay.get(message.id)?.revision === message.revision
      return (waits && isAsOf) || 'guard-failed'
    }
    case 'no-active-run':
      return !record.run || 'guard-failed'
    case 'enqueue':
      if (!record.run && record.queue.length === 0) return 'guard-failed'
      if (record.queue.length >= guard.queueBelow) return 'queue-full'
      return isWithin(record.queue, guard.queueBytes) || 'queue-too-large'
  }
}

/** Whether a run is the active one, at this attempt. */
export function isActive(
  { run }: Pick<SessionRecord, 'run'>,
  { runId, attempt }: { runId: string; attempt?: number },
): boolean {
  return run?.id === runId && (attempt === undefined || (run.attempt ?? 1) === attempt)
}

function areQueued({ queue }: SessionRecord, runs: readonly QueuedRun[] = []): boolean {
  return runs.every((run) => queue.some((queued) => isDeepStrictEqual(queued, run)))
}

function isWithin(queue: readonly QueuedRun[], bytes = Infinity): boolean {
  return queue.length === 0 || Buffer.byteLength(JSON.stringify(queue)) <= bytes
}
