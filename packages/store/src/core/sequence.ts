import {
  addModels,
  addUsage,
  type ContextUsage,
  type Event,
  type EventDraft,
  type HistoryDraft,
  type Message,
  type MessageDraft,
  type QueuedRun,
} from '@caughtup/schema'

import type { SessionRecord } from './evolve.ts'
import type { Guard } from '../port/commit.ts'

/** The place of the next entry in the journal, and when it happened. */
export function nextEntry(record: SessionRecord, at: number, runId?: string) {
  const seq = record.seq + 1
  return { seq, from: seq, epoch: record.epoch, at, ...(runId !== undefined && { runId }) }
}

/**
 * Gives a draft its place in the journal, and what follows from the session's state at that
 * moment. Engines call it inside the commit, so nothing is reserved outside of it.
 */
export function sequence(
  record: SessionRecord,
  draft: Exclude<EventDraft, HistoryDraft>,
  at: number,
): Event {
  const entry = nextEntry(record, at, draft.runId)
  const place = (message: MessageDraft, epoch: number): Message => ({
    ...message,
    order: record.lastOrder + 1,
    revision: entry.seq,
    epoch,
  })
  switch (draft.type) {
    case 'message-created':
      return { ...entry, type: draft.type, message: place(draft.message, entry.epoch) }
    case 'boundary': {
      const { summary, ...rest } = draft
      const epoch = record.epoch + 1
      if (!summary) return { ...rest, ...entry, epoch }
      const metadata = withLimit(summary.metadata, record)
      return { ...rest, ...entry, epoch, summary: place({ ...summary, metadata }, epoch) }
    }
    case 'run-started':
      return {
        ...entry,
        type: draft.type,
        run: { ...draft.run, generation: record.generation + 1 },
      }
    case 'queue-changed':
      return { ...draft, ...entry }
    case 'usage': {
      const { version = 0, totals = {}, models: known } = record.usage ?? {}
      const models = known || draft.models ? addModels(known ?? {}, draft.models ?? {}) : undefined
      return {
        ...entry,
        type: draft.type,
        version: version + 1,
        totals: addUsage(totals, draft.add),
        ...(models && { models }),
      }
    }
    case 'message-delta':
      return { ...draft, ...entry }
    case 'message-finished':
      return { ...withLimit(draft, record), ...entry }
    case 'run-changed':
      return { ...draft, ...entry, runId: draft.runId }
    case 'run-ended':
      return { ...draft, ...entry, runId: draft.runId }
  }
}

/** Whether the guard holds for the session as it is. */
export function holds(
  record: SessionRecord,
  guard: Guard,
): true | 'guard-failed' | 'queue-full' | 'queue-too-large' {
  switch (guard.is) {
    case 'run':
      return record.run?.id === guard.runId || 'guard-failed'
    case 'idle':
      return (!record.run && record.queue.length === 0) || 'guard-failed'
    case 'next':
      return (!record.run && record.queue[0]?.runId === guard.runId) || 'guard-failed'
    case 'queued':
      return record.queue.some((queued) => queued.runId === guard.runId) || 'guard-failed'
    case 'waiting':
      return (record.run?.id === guard.runId && record.run.status === 'waiting') || 'guard-failed'
    case 'resting':
      return !record.run || 'guard-failed'
    case 'busy':
      if (!record.run && record.queue.length === 0) return 'guard-failed'
      if (record.queue.length >= guard.queueBelow) return 'queue-full'
      return isWithin(record.queue, guard.queueBytes) || 'queue-too-large'
  }
}

function isWithin(queue: readonly QueuedRun[], bytes = Infinity): boolean {
  return queue.length === 0 || Buffer.byteLength(JSON.stringify(queue)) <= bytes
}

/** A size of the context that comes without the window's keeps the one that the session has. */
function withLimit<T extends { contextUsage?: ContextUsage }>(
  told: T,
  { contextUsage: before }: SessionRecord,
): T {
  const { contextUsage } = told
  if (!contextUsage || contextUsage.limit !== undefined || before?.limit === undefined) return told
  return { ...told, contextUsage: { ...contextUsage, limit: before.limit } }
}
