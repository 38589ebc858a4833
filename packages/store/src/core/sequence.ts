import {
  addModels,
  addUsage,
  type ContextUsage,
  type Event,
  type EventDraft,
  type HistoryDraft,
  type Message,
  type MessageDraft,
} from '@caughtup/schema'

import type { SessionRecord } from './evolve.ts'

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
  switch (draft.type) {
    case 'message-created':
      return { ...entry, type: draft.type, message: placed(record, draft.message, entry) }
    case 'boundary': {
      const { summary, ...rest } = draft
      const epoch = record.epoch + 1
      if (!summary) return { ...rest, ...entry, epoch }
      const metadata = withLimit(summary.metadata, record)
      const opened = { ...record, epoch, next: 0 }
      return { ...rest, ...entry, epoch, summary: placed(opened, { ...summary, metadata }, entry) }
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

/**
 * A new message at the end of the newest epoch. Where hidden versions lie after the last message, it
 * is the first of another one.
 */
export function placed(
  { epoch, lastOrder, next }: Pick<SessionRecord, 'epoch' | 'lastOrder' | 'next'>,
  message: MessageDraft,
  { seq: revision }: Pick<ReturnType<typeof nextEntry>, 'seq'>,
): Message {
  const version = next > 0 && { version: { index: next + 1, count: next + 1 } }
  return { ...message, order: lastOrder + 1, revision, epoch, ...version }
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
