import type { Event, EventOf, HistoryDraft, Message } from '@caughtup/schema'

import type { SessionRecord } from './evolve.ts'
import { lookUp, type LookingUp, type Stretch } from './lookups.ts'
import { afterRemoval, removeFromVersions } from './removal.ts'
import { nextEntry, placed } from './sequence.ts'
import type { RowChange, SessionState } from './types.ts'
import {
  canUndoUpTo,
  canUndoWithout,
  keepAfter,
  lastShown,
  shownBefore,
  showStretch,
  stretchesOf,
  undoneAfter,
  versionsAt,
  withInner,
} from './versions.ts'
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
      return yield* deleted(state, draft, entry, changes)
    case 'message-erased':
      return yield* erased(state, draft, entry, changes)
    case 'history-truncated':
      return yield* truncated(state, draft, entry, changes)
    case 'history-restored':
      return yield* restored(state, draft, entry, changes)
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
  state: SessionState,
  { type, messageId }: DraftOf<'message-deleted'>,
  entry: Entry,
  changes: RowChange[],
): LookingUp<Event | Refused> {
  const { record } = state
  const [old] = yield* lookUp('messages', [messageId])
  if (!old || old.status === 'open' || old.epoch !== record.epoch) return missing
  const places = [{ order: old.order, epoch: old.epoch, stretch: 0 }]
  const left = yield* removeFromVersions(state, { places, seq: entry.seq }, changes)
  changes.push({ change: 'remove', messageIds: [messageId] })
  const canUndo = yield* canUndoWithout(record, [old])
  return { ...entry, type, messageId, ...afterRemoval(left, canUndo) }
}

/** Erases messages of any epoch, also removed ones: the journal still has their content. */
function* erased(
  state: SessionState,
  { type, messageIds: asked }: DraftOf<'message-erased'>,
  entry: Entry,
  changes: RowChange[],
): LookingUp<EventOf<'message-erased'> | Refused> {
  const messageIds = [...new Set(asked)]
  const shown = (yield* lookUp('messages', messageIds)).filter((message) => message !== undefined)
  const statuses = yield* lookUp('idStatus', messageIds)
  if (messageIds.length === 0 || statuses.includes('free')) return missing
  if (shown.some(({ status }) => status === 'open')) return missing
  const places = (yield* lookUp('places', messageIds)).filter((place) => place !== undefined)
  const left = yield* removeFromVersions(state, { places, seq: entry.seq }, changes)
  changes.push({ change: 'erase', messageIds })
  const canUndo = yield* canUndoWithout(state.record, shown)
  return { ...entry, type, messageIds, count: shown.length, ...afterRemoval(left, canUndo) }
}

function* truncated(
  { record, overlay }: SessionState,
  draft: DraftOf<'history-truncated'>,
  entry: Entry,
  changes: RowChange[],
): LookingUp<Event | Refused> {
  const { seq } = entry
  const after = yield* truncatedAfter(record, draft)
  if (typeof after !== 'number') return after
  if (isOpenAfter(overlay, after)) return { refused: 'message-open' }
  const count = yield* lookUp('countAfter', after)
  let next = 0
  if (draft.keep === undefined) {
    changes.push({ change: 'truncate', after })
    const stretches = withInner(
      yield* stretchesOf(record),
      (each) => each.within === 0 && each.after >= after,
    )
    if (stretches.length > 0) changes.push({ change: 'forget', stretches })
  } else {
    next = yield* keepAfter(record, { after, count, seq, most: draft.keep }, changes)
  }
  const canUndo = yield* canUndoUpTo(record, after)
  return { ...entry, type: draft.type, after, count, canUndo, canRedo: next > 0, next }
}

/** The order after which messages are taken: by default, that before the epoch's first. */
function* truncatedAfter(
  record: SessionRecord,
  draft: DraftOf<'history-truncated'>,
): LookingUp<number | Refused> {
  if ('undo' in draft) return yield* undoneAfter(record)
  const messageId = 'before' in draft ? draft.before : draft.after
  if (messageId === undefined) return record.epochStart
  const [message] = yield* lookUp('messages', [messageId])
  if (message?.epoch !== record.epoch) return missing
  return 'before' in draft ? yield* shownBefore(record, message.order) : message.order
}

function* restored(
  { record, overlay }: SessionState,
  { type, messageId }: DraftOf<'history-restored'>,
  entry: Entry,
  changes: RowChange[],
): LookingUp<Event | Refused> {
  const stretch =
    messageId === undefined ? yield* newestAtEnd(record) : yield* beginningWith(record, messageId)
  if ('refused' in stretch) return stretch
  if (isOpenAfter(overlay, stretch.after)) return { refused: 'message-open' }
  const version = yield* showStretch(record, { stretch, seq: entry.seq }, changes)
  const canUndo = stretch.hasPrompt || (yield* canUndoUpTo(record, stretch.after))
  return { ...entry, type, ...version, canUndo, canRedo: version.next > 0 }
}

/** The version after the last message that was hidden last. */
function* newestAtEnd(record: SessionRecord): LookingUp<Stretch | Refused> {
  if (record.next === 0) return { refused: 'nothing-to-redo' }
  const place = { after: yield* lastShown(record), within: 0 }
  const here = versionsAt(yield* stretchesOf(record), place)
  return here.toSorted((a, b) => b.id - a.id)[0] ?? { refused: 'nothing-to-redo' }
}

/** The hidden version whose first message this is, at a place that is shown. */
function* beginningWith(record: SessionRecord, messageId: string): LookingUp<Stretch | Refused> {
  const [place] = yield* lookUp('places', [messageId])
  if (place?.epoch !== record.epoch) return missing
  if (place.stretch === 0) return { refused: 'shown-already' }
  const stretches = yield* stretchesOf(record)
  const stretch = stretches.find(({ id }) => id === place.stretch)
  return stretch?.first === place.order && stretch.within === 0 ? stretch : missing
}

/** Nothing runs, so an open message belongs to no run: its writer has to finish it first. */
function isOpenAfter(overlay: SessionState['overlay'], after: number): boolean {
  return [...overlay.values()].some(({ order, status }) => order > after && status === 'open')
}

function* imported(
  record: SessionRecord,
  { type, messages: drafts, identities, recency, readBy = [] }: DraftOf<'imported'>,
  entry: Entry,
  changes: RowChange[],
): LookingUp<EventOf<'imported'> | Refused> {
  const messages: Message[] = []
  let end: Pick<SessionRecord, 'epoch' | 'lastOrder' | 'next'> = record
  for (const draft of drafts) {
    messages.push(placed(end, draft, entry))
    end = { ...end, lastOrder: end.lastOrder + 1, next: 0 }
  }
  const ids = messages.map(({ id }) => id)
  if (new Set(ids).size < ids.length) return { refused: 'message-exists' }
  const statuses = yield* lookUp('idStatus', ids)
  const used = statuses.find((status) => status !== 'free')
  if (used !== undefined) return { refused: `message-${used}` }
  changes.push({ change: 'insert', messages })
  for (const identity of identities) changes.push({ change: 'count-imported', ...identity })
  const canUndo = record.canUndo || messages.some(({ role }) => role === 'user')
  const last = record.lastOrder + messages.length
  const first = record.lastOrder + 1
  for (const principal of readBy) changes.push({ change: 'mark-read', principal, upTo: last })
  const undo = { canUndo, canRedo: false, next: 0 }
  const event = { ...entry, type, count: messages.length, first, last, ...undo }
  if (recency === undefined) return event
  const later = record.messageCount === 0 ? recency : Math.max(recency, record.recency)
  return { ...event, recency: later }
}
