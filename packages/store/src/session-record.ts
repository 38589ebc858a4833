import type { Event, RunError } from '@caughtup/schema'
import { applyToHead, emptyHead, type Head } from '@caughtup/schema/fold'

/** What a session's journal says of it as a whole: its head, and what lists and counters need. */
export interface SessionRecord extends Head {
  /** The highest order given to a message so far. */
  readonly lastOrder: number
  /** Runs started so far. */
  readonly generation: number
  readonly messageCount: number
  /** `at` of the last user message or normally finished answer; of the creation before that. */
  readonly recency: number
  readonly lastMessageAt?: number
  readonly lastModel?: string
  readonly lastThinkingLevel?: string
  /** Of the newest run, when it failed. */
  readonly lastError?: RunError
}

export function newRecord(createdAt: number): SessionRecord {
  return { ...emptyHead, lastOrder: 0, generation: 0, messageCount: 0, recency: createdAt }
}

/** The record after `event`. */
export function applyToRecord(record: SessionRecord, event: Event): SessionRecord {
  if (event.type === 'message-delta') return { ...record, seq: event.seq }
  const { lastOrder, generation, messageCount, recency } = record
  const { lastMessageAt, lastModel, lastThinkingLevel, lastError } = record
  const next: SessionRecord = {
    ...applyToHead(record, event),
    lastOrder,
    generation,
    messageCount,
    recency,
    ...(lastMessageAt !== undefined && { lastMessageAt }),
    ...(lastModel !== undefined && { lastModel }),
    ...(lastThinkingLevel !== undefined && { lastThinkingLevel }),
    ...(lastError && { lastError }),
  }
  switch (event.type) {
    case 'message-created':
      return {
        ...withMessage(next, event.message.order, event.at),
        ...(event.message.role === 'user' && { recency: event.at }),
      }
    case 'boundary':
      return event.summary ? withMessage(next, event.summary.order, event.at) : next
    case 'message-finished':
      return isNormal(event.reason) ? { ...next, recency: event.at } : next
    case 'run-started': {
      const { lastError: _, ...rest } = next
      const { model, thinkingLevel } = event.run
      return {
        ...rest,
        generation: event.run.generation,
        ...(model !== undefined && { lastModel: model }),
        ...(thinkingLevel !== undefined && { lastThinkingLevel: thinkingLevel }),
      }
    }
    case 'run-ended':
      return event.error ? { ...next, lastError: event.error } : next
    case 'queue-changed':
    case 'usage':
    case 'unreadable':
      return next
  }
}

/** Whether the event changes the session's activity row; a delta never does. */
export function isLifecycle(event: Event): boolean {
  switch (event.type) {
    case 'message-created':
    case 'message-finished':
    case 'boundary':
    case 'run-started':
    case 'run-ended':
      return true
    case 'message-delta':
    case 'queue-changed':
    case 'usage':
    case 'unreadable':
      return false
  }
}

function withMessage(record: SessionRecord, order: number, at: number): SessionRecord {
  return {
    ...record,
    lastOrder: order,
    messageCount: record.messageCount + 1,
    lastMessageAt: at,
  }
}

function isNormal(reason: string): boolean {
  return reason === 'stop' || reason === 'tool-calls' || reason === 'length'
}
