import {
  addUsage,
  type Event,
  type EventDraft,
  type Message,
  type MessageDraft,
} from '@caughtup/schema'

import type { SessionRecord } from './session-record.ts'
import type { Guard } from './storage.ts'

/**
 * Gives a draft its place in the journal, and what follows from the session's state at that
 * moment. Engines call it inside the commit, so nothing is reserved outside of it.
 */
export function sequence(record: SessionRecord, draft: EventDraft, at: number): Event {
  const seq = record.seq + 1
  const epoch = draft.type === 'boundary' ? record.epoch + 1 : record.epoch
  const entry = {
    seq,
    from: seq,
    epoch,
    at,
    ...(draft.runId !== undefined && { runId: draft.runId }),
  }
  const place = (message: MessageDraft): Message => ({
    ...message,
    order: record.lastOrder + 1,
    revision: seq,
    epoch,
  })
  switch (draft.type) {
    case 'message-created':
      return { ...entry, type: draft.type, message: place(draft.message) }
    case 'boundary': {
      const { summary, ...rest } = draft
      return { ...rest, ...entry, ...(summary && { summary: place(summary) }) }
    }
    case 'run-started':
      return {
        ...entry,
        type: draft.type,
        run: { ...draft.run, generation: record.generation + 1 },
      }
    case 'queue-changed': {
      const queue =
        'add' in draft
          ? [...record.queue, draft.add]
          : record.queue.filter((queued) => queued.runId !== draft.remove)
      return { ...entry, type: draft.type, queue }
    }
    case 'usage':
      return {
        ...entry,
        type: draft.type,
        version: (record.usage?.version ?? 0) + 1,
        totals: addUsage(record.usage?.totals ?? {}, draft.add),
      }
    case 'message-delta':
      return { ...draft, ...entry }
    case 'message-finished':
      return { ...draft, ...entry }
    case 'run-ended':
      return { ...draft, ...entry, runId: draft.runId }
  }
}

/** Whether the guard holds for the session as it is. */
export function holds(record: SessionRecord, guard: Guard): true | 'guard-failed' | 'queue-full' {
  const ok = (condition: boolean) => condition || 'guard-failed'
  switch (guard.is) {
    case 'run':
      return ok(record.run?.id === guard.runId)
    case 'idle':
      return ok(!record.run && record.queue.length === 0)
    case 'next':
      return ok(!record.run && record.queue[0]?.runId === guard.runId)
    case 'queued':
      return ok(record.queue.some((queued) => queued.runId === guard.runId))
    case 'busy':
      if (!record.run && record.queue.length === 0) return 'guard-failed'
      return record.queue.length < guard.queueBelow || 'queue-full'
  }
}
