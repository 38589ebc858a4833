import type { Event, Message } from '@caughtup/schema'
import { isHistoryDraft } from '@caughtup/schema/event'

import { sequenceHistory } from './history-change.ts'
import { holds, sequence } from './sequence.ts'
import { applyToRecord, type SessionRecord } from './evolve.ts'
import { touchedMessage } from './touched-message.ts'
import type { Refusal, Slice } from '../port/commit.ts'

/** A session as a commit finds it. */
export interface SessionState {
  readonly record: SessionRecord
  /** Messages that are newer than their rows, by id: every open one among them. */
  readonly overlay: ReadonlyMap<string, Message>
}

/** What a commit looks up in the rows beneath the overlay. */
export interface MessageRows {
  /** A message that is not removed or hidden. */
  message(messageId: string): Message | undefined
  /** Whether the id is a message's, a hidden one's, or a removed one's. */
  taken(messageId: string): 'no' | 'exists' | 'gone'
  /** How many messages have an order above this one. */
  countAfter(order: number): number
  /** The order of the newest message of role `user` within these orders, both included. */
  lastPrompt(from: number, upTo: number): number | undefined
  /** The messages of the newest undo, oldest first; empty when there is none. */
  hidden(): readonly Message[]
  /** Whether an undo lies below the newest one. */
  hiddenBelow(): boolean
  /** Whether usage of this child is in the ledger. */
  countedChild(child: string): boolean
}

/** What a commit does to rows; messages of the overlay are written when the session is packed. */
export type RowChange =
  | { change: 'remove'; messageIds: readonly string[] }
  | { change: 'truncate'; after: number }
  | { change: 'hide'; after: number }
  | { change: 'restore' }
  | { change: 'forget-hidden' }
  | { change: 'insert'; messages: readonly Message[] }
  | { change: 'replace'; message: Message }
  | { change: 'erase'; messageIds: readonly string[] }
  | { change: 'count-child'; child: string }
  | { change: 'count-imported'; identity: string; count: number }
  | { change: 'mark-read'; principal: string; upTo: number }

export interface Taken {
  refused?: undefined
  state: SessionState
  events: Event[]
  /** Messages that the slice touched, as they are after it. */
  messages: Message[]
  changes: RowChange[]
}

/** Applies a slice to a session's state, whole, or refuses it. */
export function take(
  state: SessionState,
  slice: Pick<Slice, 'at' | 'drafts' | 'guard'>,
  rows: MessageRows,
): Taken | { refused: Refusal } {
  const guarded = slice.guard ? holds(state.record, slice.guard) : true
  if (guarded !== true) return { refused: guarded }
  let record = state.record
  const overlay = new Map(state.overlay)
  const touched = new Set<string>()
  const events: Event[] = []
  const changes: RowChange[] = []
  for (const draft of slice.drafts) {
    const event = isHistoryDraft(draft)
      ? sequenceHistory({ record, overlay }, draft, slice.at, rows, changes)
      : sequence(record, draft, slice.at)
    if ('refused' in event) return event
    if (draft.type === 'usage' && draft.child !== undefined) {
      if (rows.countedChild(draft.child)) return { refused: 'counted-already' }
      changes.push({ change: 'count-child', child: draft.child })
    }
    const message = touchedMessage(event, overlay)
    if (message === 'missing') return { refused: 'message-missing' }
    const isNew = event.type === 'message-created' || event.type === 'boundary'
    if (message) {
      if (isNew) {
        const taken = overlay.has(message.id) ? 'exists' : rows.taken(message.id)
        if (taken !== 'no') return { refused: `message-${taken}` }
      }
      overlay.set(message.id, message)
      touched.add(message.id)
    }
    if (isNew && record.canRedo) changes.push({ change: 'forget-hidden' })
    record = applyToRecord(record, event)
    events.push(event)
  }
  const messages = [
    ...changes.flatMap(written),
    ...[...touched].flatMap((id) => overlay.get(id) ?? []),
  ]
  return { state: { record, overlay }, events, messages, changes }
}

/** The messages that a change of rows leaves there. */
function written(change: RowChange): readonly Message[] {
  if (change.change === 'insert') return change.messages
  return change.change === 'replace' ? [change.message] : []
}
