import type { Event, EventOf, HistoryDraft, Message } from '@caughtup/schema'

import { nextEntry } from './sequence.ts'
import type { SessionRecord } from './evolve.ts'
import type { MessageRows, RowChange, SessionState } from './decide.ts'
import type { Refusal } from '../port/commit.ts'

/**
 * Gives a change of history its place in the journal, with what it does to rows. The session is
 * packed before, so that the rows are all there is but for open messages.
 */
export function sequenceHistory(
  { record, overlay }: SessionState,
  draft: HistoryDraft & { runId?: string },
  at: number,
  rows: MessageRows,
  changes: RowChange[],
): Event | { refused: Refusal } {
  const entry = nextEntry(record, at, draft.runId)
  const missing = { refused: 'message-missing' } as const
  switch (draft.type) {
    case 'message-replaced': {
      const old = overlay.get(draft.messageId) ?? rows.message(draft.messageId)
      if (!old || old.epoch !== record.epoch) return missing
      const { parts, metadata = old.metadata } = draft
      const message: Message = { ...old, parts: [...parts], metadata, revision: entry.seq }
      if (message.status === 'done') changes.push({ change: 'replace', message })
      return { ...entry, type: draft.type, message }
    }
    case 'message-deleted': {
      const { type, messageId } = draft
      const old = rows.message(messageId)
      if (!old || old.status === 'open' || old.epoch !== record.epoch) return missing
      changes.push({ change: 'remove', messageIds: [messageId] })
      const canUndo = promptWithout(record, rows, [old])
      return { ...entry, type, messageId, canUndo, canRedo: record.canRedo }
    }
    case 'message-erased':
      return erasedEvent(record, draft, entry, rows, changes)
    case 'history-truncated': {
      const after = draft.undo ? undoneAfter(record, rows) : truncatedAfter(record, draft, rows)
      if (typeof after !== 'number') return after
      // Nothing runs, so it belongs to no run: whoever updates it is to finish it first.
      const open = [...overlay.values()].some(
        ({ order, status }) => order > after && status === 'open',
      )
      if (open) return { refused: 'message-open' }
      const count = rows.countAfter(after)
      if (!draft.undo && record.canRedo) changes.push({ change: 'forget-hidden' })
      changes.push({ change: draft.undo ? 'hide' : 'truncate', after })
      const canUndo = rows.lastPrompt(record.epochStart + 1, after) !== undefined
      return { ...entry, type: draft.type, after, count, canUndo, canRedo: draft.undo === true }
    }
    case 'history-restored': {
      const messages = rows.hidden().map((message) => ({ ...message, revision: entry.seq }))
      if (messages.length === 0) return { refused: 'nothing-to-redo' }
      changes.push({ change: 'restore' })
      for (const message of messages) changes.push({ change: 'replace', message })
      const canRedo = rows.hiddenBelow()
      // The prompt among them may have been erased meanwhile.
      const canUndo = record.canUndo || messages.some(({ role }) => role === 'user')
      return { ...entry, type: draft.type, messages, canUndo, canRedo }
    }
    case 'imported':
      return importedEvent(record, draft, entry, rows, changes)
  }
}

type ImportDraft = Extract<HistoryDraft, { type: 'imported' }>

/** Of any epoch, and also what was removed before: the journal still has its content. */
function erasedEvent(
  record: SessionRecord,
  { type, messageIds: asked }: Extract<HistoryDraft, { type: 'message-erased' }>,
  entry: ReturnType<typeof nextEntry>,
  rows: MessageRows,
  changes: RowChange[],
): EventOf<'message-erased'> | { refused: Refusal } {
  const messageIds = [...new Set(asked)]
  const shown = messageIds.flatMap((id) => rows.message(id) ?? [])
  const isMissing = messageIds.length === 0 || messageIds.some((id) => rows.taken(id) === 'no')
  if (isMissing || shown.some(({ status }) => status === 'open')) {
    return { refused: 'message-missing' }
  }
  const left = rows.hidden().some(({ id }) => !messageIds.includes(id))
  const canRedo = record.canRedo && (left || rows.hiddenBelow())
  changes.push({ change: 'erase', messageIds })
  const canUndo = promptWithout(record, rows, shown)
  return { ...entry, type, messageIds, count: shown.length, canUndo, canRedo }
}

function importedEvent(
  record: SessionRecord,
  { type, messages: drafts, identities, recency, readBy = [] }: ImportDraft,
  entry: ReturnType<typeof nextEntry>,
  rows: MessageRows,
  changes: RowChange[],
): EventOf<'imported'> | { refused: Refusal } {
  const messages = drafts.map((draft, index): Message => ({
    ...draft,
    order: record.lastOrder + 1 + index,
    revision: entry.seq,
    epoch: record.epoch,
  }))
  for (const { id } of messages) {
    const taken = rows.taken(id)
    if (taken !== 'no') return { refused: `message-${taken}` }
  }
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

/** The order after which everything goes: the named message's, or that before the epoch's first. */
function truncatedAfter(
  record: SessionRecord,
  { after }: { after?: string },
  rows: MessageRows,
): number | { refused: Refusal } {
  if (after === undefined) return record.epochStart
  const message = rows.message(after)
  return message?.epoch === record.epoch ? message.order : { refused: 'message-missing' }
}

/** The last turn begins with the newest prompt. */
function undoneAfter(record: SessionRecord, rows: MessageRows): number | { refused: Refusal } {
  const prompt = rows.lastPrompt(record.epochStart + 1, record.lastOrder)
  return prompt === undefined ? { refused: 'nothing-to-undo' } : prompt - 1
}

/** Whether the newest epoch has a prompt besides these messages. */
function promptWithout(
  record: SessionRecord,
  rows: MessageRows,
  removed: readonly Message[],
): boolean {
  const orders = new Set(removed.map(({ order }) => order))
  let upTo = record.lastOrder
  for (;;) {
    const prompt = rows.lastPrompt(record.epochStart + 1, upTo)
    if (prompt === undefined) return false
    if (!orders.has(prompt)) return true
    upTo = prompt - 1
  }
}
