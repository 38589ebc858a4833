import type { Event, Run } from '@caughtup/schema'

import type { OwedHook } from '../port/owed.ts'
import type { Decision } from './decide.ts'
import { applyToRecord, type SessionRecord } from './evolve.ts'

/** The calls of hooks that a slice owes; `before` is its session's record without it. */
export function owedBy(
  session: { id: string; journal: string },
  before: SessionRecord,
  decision: Decision,
): OwedHook[] {
  if (!decision.events.some(isForHooks)) return []
  let record = before
  return decision.events.flatMap((event) => {
    const { run } = record
    record = applyToRecord(record, event)
    return run && isForHooks(event) ? (owed(session, run, event, decision) ?? []) : []
  })
}

/** Whether an event may owe a call: a run ended, or waits. */
export function isForHooks(event: Event): boolean {
  return event.type === 'run-ended' || (event.type === 'run-changed' && event.status === 'waiting')
}

/** @param run - as it was before the event */
function owed(
  { id: sessionId, journal }: { id: string; journal: string },
  run: Run,
  event: Event,
  decision: Decision,
): OwedHook | undefined {
  if (!('runId' in event) || event.runId !== run.id) return undefined
  const { id: runId, kind: runKind, author } = run
  const messageId = newestMessage(decision, runId)
  const members = {
    id: `${journal}.${event.seq}`,
    sessionId,
    runId,
    runKind,
    ...(author !== undefined && { author }),
    ...(messageId !== undefined && { messageId }),
    at: event.at,
  }
  if (event.type === 'run-ended') {
    const { reason, error } = event
    return { ...members, kind: 'run-ended', reason, ...(error && { error }) }
  }
  return run.status === 'waiting' ? undefined : { ...members, kind: 'run-waiting' }
}

/** Of the messages that are open, or were until this slice: engines know more, and not the same. */
function newestMessage({ messages, state }: Decision, runId: string): string | undefined {
  const open = [...state.overlay.values()].filter(({ status }) => status === 'open')
  return [...messages, ...open]
    .filter(({ role, metadata }) => role !== 'user' && metadata.runId === runId)
    .toSorted((a, b) => a.order - b.order)
    .at(-1)?.id
}
