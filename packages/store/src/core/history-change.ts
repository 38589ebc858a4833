import type { Event, EventOf, HistoryDraft, Message } from '@caughtup/schema'

import type { SessionRecord } from './evolve.ts'
import { lookUp, type LookingUp } from './lookups.ts'
import { nextEntry } from './sequence.ts'
import type { RowChange, SessionState } from './types.ts'
import { canUndoUpTo, canUndoWithout, undoneAfter } from './undo.ts'
import type { Refusal } from '../port/commit.ts'

type Refused = { refused: Refusal }
type Entry = ReturnType<typeof nextEntry>
type DraftOf<Type extends HistoryDraft['type']> = Extract<HistoryDraft, { type: Type }>

const missing = { refused: 'message-missing' } as const

/**
 * Gives a change of history its place in the journal, and adds what it does to rows to `changes`.
 * The session is packed before, so that the rows are complete but for open messages.
 */
export function* sequenceHistory(
  state: SessionState,
  draft: HistoryDraft & { runId?: string },
  at: number,
  changes: RowChange[],
): LookingUp<Event | Refused> {
  const { record } = state
  const entry = nextEntry(record, at, draft.runId)
  switch (draft.type) {
    case 'message-replaced':
      return yield* replaced(state, draft, entry, changes)
    case 'message-deleted':
      return yield* deleted(record, draft, entry, changes)
    case 'message-erased':
      return yield* erased(record, draft, entry, changes)
    case 'history-truncated':
      return yield* truncated(state, draft, entry, changes)
    case 'history-restored':
      return yield* restored(record, entry, changes)
    case 'imported':
      return yield* imported(record, draft, entry, changes)
  }
}

function* replaced(
  { record, overlay }: SessionState,
  { type, messageId, parts, metadata }: DraftOf<'message-replaced'>,
  entry: Entry,
  changes: RowChange[],
): LookingUp<Event | Refused> {
  const old = overlay.get(messageId) ?? (yield* lookUp('messages', [messageId]))[0]
  if (!old || old.epoch !== record.epoch) return missing
  const message: Message = {
    ...old,
    parts: [...parts],
    metadata: metadata ?? old.metadata,
    revision: entry.seq,
  }
  if (message.status === 'done') changes.push({ change: 'replace', message })
  return { ...entry, type, message }
}

function* deleted(
  record: SessionRecord,
  { type, messageId }: DraftOf<'message-deleted'>,
  entry: Entry,
  changes: RowChange[],
): LookingUp<Event | Refused> {
  const [old] = yield* lookUp('messages', [messageId])
  if (!old || old.status === 'open' || old.epoch !== record.epoch) return missing
  changes.push({ change: 'remove', messageIds: [messageId] })
  const canUndo = yield* canUndoWithout(record, [old])
  return { ...entry, type, messageId, canUndo, canRedo: record.canRedo }
}

/** Erases messages of any epoch, also removed ones: the journal still has their content. */
function* erased(
  record: SessionRecord,
  { type, messageIds: asked }: DraftOf<'message-erased'>,
  entry: Entry,
  changes: RowChange[],
): LookingUp<EventOf<'message-erased'> | Refused> {
  const messageIds = [...new Set(asked)]
  const shown = (yield* lookUp('messages', messageIds)).filter((message) => message !== undefined)
  const statuses = yield* lookUp('idStatus', messageIds)
  if (messageIds.length === 0 || statuses.includes('free')) return missing
  if (shown.some(({ status }) => status === 'open')) return missing
  const hidden = yield* lookUp('hidden')
  const left = hidden.some(({ id }) => !messageIds.includes(id))
  const canRedo = record.canRedo && (left || (yield* lookUp('hiddenBelow')))
  changes.push({ change: 'erase', messageIds })
  const canUndo = yield* canUndoWithout(record, shown)
  return { ...entry, type, messageIds, count: shown.length, canUndo, canRedo }
}

function* truncated(
  { record, overlay }: SessionState,
  draft: DraftOf<'history-truncated'>,
  entry: Entry,
  changes: RowChange[],
): LookingUp<Event | Refused> {
  const after = draft.undo ? yield* undoneAfter(record) : yield* truncatedAfter(record, draft)
  if (typeof after !== 'number') return after
  // Nothing runs, so an open message belongs to no run: its writer has to finish it first.
  const open = [...overlay.values()].some(({ order, status }) => order > after && status === 'open')
  if (open) return { refused: 'message-open' }
  const count = yield* lookUp('countAfter', after)
  if (!draft.undo && record.canRedo) changes.push({ change: 'forget-hidden' })
  changes.push({ change: draft.undo ? 'hide' : 'truncate', after })
  const canUndo = yield* canUndoUpTo(record, after)
  return { ...entry, type: draft.type, after, count, canUndo, canRedo: draft.undo === true }
}

/** The order after which messages are removed: the named message's, or that before the epoch's first. */
function* truncatedAfter(
  record: SessionRecord,
  { after }: { after?: string },
): LookingUp<number | Refused> {
  if (after === undefined) return record.epochStart
  const [message] = yield* lookUp('messages', [after])
  return message?.epoch === record.epoch ? message.order : missing
}

function* restored(
  record: SessionRecord,
  entry: Entry,
  changes: RowChange[],
): LookingUp<Event | Refused> {
  const hidden = yield* lookUp('hidden')
  if (hidden.length === 0) return { refused: 'nothing-to-redo' }
  const messages = hidden.map((message) => ({ ...message, revision: entry.seq }))
  changes.push({ change: 'restore' })
  for (const message of messages) changes.push({ change: 'replace', message })
  const canRedo = yield* lookUp('hiddenBelow')
  // The prompt among them may have been erased meanwhile.
  const canUndo = record.canUndo || messages.some(({ role }) => role === 'user')
  return { ...entry, type: 'history-restored', messages, canUndo, canRedo }
}

function* imported(
  record: SessionRecord,
  { type, messages: drafts, identities, recency, readBy = [] }: DraftOf<'imported'>,
  entry: Entry,
  changes: RowChange[],
): LookingUp<EventOf<'imported'> | Refused> {
  const messages = drafts.map((draft, index): Message => ({
    ...draft,
    order: record.lastOrder + 1 + index,
    revision: entry.seq,
    epoch: record.epoch,
  }))
  const statuses = yield* lookUp(
    'idStatus',
    messages.map(({ id }) => id),
  )
  const used = statuses.find((status) => status !== 'free')
  if (used !== undefined) return { refused: `message-${used}` }
  if (record.canRedo) changes.push({ change: 'forget-hidden' })
  changes.push({ change: 'insert', messages })
  for (const identity of identities) changes.push({ change: 'count-imported', ...identity })
  const canUndo = record.canUndo || messages.some(({ role }) => role === 'user')
  const last = record.lastOrder + messages.length
  const first = record.lastOrder + 1
  for (const principal of readBy) changes.push({ change: 'mark-read', principal, upTo: last })
  const event = { ...entry, type, count: messages.length, first, last, canUndo, canRedo: false }
  if (recency === undefined) return event
  const later = record.messageCount === 0 ? recency : Math.max(recency, record.recency)
  return { ...event, recency: later }
}
