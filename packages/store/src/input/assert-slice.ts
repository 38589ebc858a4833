import { assertInput, object, objects, oneOf, text, wholeOrInfinite } from './assert-input.ts'
import type { Guard, Slice } from '../port/commit.ts'

/** Every guard that there is. */
const known: Record<Guard['is'], true> = {
  run: true,
  idle: true,
  enqueue: true,
  'next-in-queue': true,
  queued: true,
  'awaiting-tool': true,
  'no-active-run': true,
}
const guards = oneOf(...Object.keys(known))
const bound = wholeOrInfinite(0)

/**
 * What a slice is besides its drafts, which are read one by one.
 *
 * @throws CaughtupError `BAD_INPUT`, also for a guard that there is not
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
  switch (guard.is) {
    case 'run':
    case 'next-in-queue':
    case 'queued':
    case 'awaiting-tool':
      return assertInput('guard.runId', guard.runId, text)
    case 'enqueue':
      if (guard.queueBytes !== undefined) assertInput('guard.queueBytes', guard.queueBytes, bound)
      return assertInput('guard.queueBelow', guard.queueBelow, bound)
    case 'idle':
    case 'no-active-run':
      return undefined
  }
}
