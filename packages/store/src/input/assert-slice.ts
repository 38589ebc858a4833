import { CaughtupError, type EventDraft } from '@caughtup/schema'
import { isHistoryDraft } from '@caughtup/schema/event'

import { assertInput } from './assert-input.ts'
import { object, objects, oneOf, text, whole, wholeOrInfinite } from './kinds.ts'
import type { Guard, Slice } from '../port/commit.ts'

const guardTypes: Record<Guard['is'], true> = {
  run: true,
  idle: true,
  enqueue: true,
  'next-in-queue': true,
  queued: true,
  'awaiting-tool': true,
  'no-active-run': true,
}
const guards = oneOf(...Object.keys(guardTypes))
const bound = wholeOrInfinite(0)

/**
 * Checks a slice but not its drafts, each of which `storedDraft` checks.
 *
 * @throws CaughtupError `BAD_INPUT`, also for an unknown guard
 */
export function assertSlice(slice: Omit<Slice, 'at'>): void {
  assertInput('slice', slice, object)
  assertInput('sessionId', slice.sessionId, text)
  assertInput('drafts', slice.drafts, objects)
  if (slice.guard !== undefined) assertGuard(slice.guard)
}

function assertGuard(guard: Guard): void {
  assertInput('guard', guard, object)
  assertInput('guard.is', guard.is, guards)
  if ('seq' in guard && guard.seq !== undefined) assertInput('guard.seq', guard.seq, whole)
  switch (guard.is) {
    case 'run':
      if (guard.attempt !== undefined) assertInput('guard.attempt', guard.attempt, whole)
      if (guard.queued !== undefined) assertInput('guard.queued', guard.queued, objects)
      return assertInput('guard.runId', guard.runId, text)
    case 'next-in-queue':
    case 'queued':
      return assertInput('guard.runId', guard.runId, text)
    case 'awaiting-tool':
      if (guard.message !== undefined) {
        assertInput('guard.message', guard.message, object)
        assertInput('guard.message.id', guard.message.id, text)
        assertInput('guard.message.revision', guard.message.revision, whole)
      }
      return assertInput('guard.runId', guard.runId, text)
    case 'enqueue':
      if (guard.queueBytes !== undefined) assertInput('guard.queueBytes', guard.queueBytes, bound)
      return assertInput('guard.queueBelow', guard.queueBelow, bound)
    case 'idle':
    case 'no-active-run':
      return undefined
  }
}

/**
 * A change of history is decided by the stored rows, which lack the effects of the drafts before it.
 *
 * @throws CaughtupError `BAD_INPUT` (`not-first`)
 */
export function assertHistoryFirst(drafts: readonly EventDraft[]): void {
  const late = drafts.findIndex((draft, index) => index > 0 && isHistoryDraft(draft))
  const draft = drafts[late]
  if (!draft) return
  throw new CaughtupError(
    'BAD_INPUT',
    `drafts.${late} is a ${draft.type}: a change of history must be the first draft, and only one is allowed.`,
    { field: `drafts.${late}`, value: draft.type, limit: 1, reason: 'not-first' },
  )
}
