import type { Event, EventDraft, Message } from '@caughtup/schema'
import { isHistoryDraft } from '@caughtup/schema/event'

import { checkGuard } from './check-guard.ts'
import { applyToRecord } from './evolve.ts'
import { sequenceHistory } from './history-change.ts'
import { type IdStatus, lookUp, type LookingUp } from './lookups.ts'
import { sequence } from './sequence.ts'
import { touchedMessage } from './touched-message.ts'
import type { RowChange, SessionState } from './types.ts'
import type { Refusal, Slice } from '../port/commit.ts'

/** What comes of a commit to a session. */
export interface Decision {
  refused?: undefined
  state: SessionState
  events: Event[]
  /** Messages that the slice touched, as they are after it. */
  messages: Message[]
  changes: RowChange[]
}

/** Applies a slice to a session's state, whole, or refuses it. */
export function* decide(
  state: SessionState,
  slice: Pick<Slice, 'at' | 'drafts' | 'guard'>,
): LookingUp<Decision | { refused: Refusal }> {
  const guarded = slice.guard ? checkGuard(state, slice.guard) : true
  if (guarded !== true) return { refused: guarded }
  let record = state.record
  const overlay = new Map(state.overlay)
  const touched = new Set<string>()
  const events: Event[] = []
  const changes: RowChange[] = []
  const statuses = yield* newIds(slice.drafts, overlay)
  for (const draft of slice.drafts) {
    const event = isHistoryDraft(draft)
      ? yield* sequenceHistory({ record, overlay }, draft, slice.at, changes)
      : sequence(record, draft, slice.at)
    if ('refused' in event) return event
    if (isHistoryDraft(draft)) replaceOpen(overlay, changes)
    if (draft.type === 'usage' && draft.child !== undefined) {
      if (yield* lookUp('countedChild', draft.child)) return { refused: 'counted-already' }
      changes.push({ change: 'count-child', child: draft.child })
    }
    if (event.type === 'boundary' && record.usage) {
      changes.push({ change: 'end-epoch', epoch: record.epoch, used: record.usage })
    }
    const message = touchedMessage(event, overlay)
    if (message === 'missing') return { refused: 'message-missing' }
    const isNew = event.type === 'message-created' || event.type === 'boundary'
    if (message) {
      if (isNew) {
        const isThere = overlay.has(message.id) || isImported(changes, message.id)
        const status = isThere ? 'exists' : (statuses.get(message.id) ?? 'free')
        if (status !== 'free') return { refused: `message-${status}` }
      }
      overlay.set(message.id, message)
      touched.add(message.id)
    }
    record = applyToRecord(record, event)
    events.push(event)
  }
  const messages = [
    ...changes.flatMap(written),
    ...[...touched].flatMap((id) => overlay.get(id) ?? []),
  ]
  return { state: { record, overlay }, events, messages, changes }
}

/** A change of history may also change an open message, whose state is not its row's. */
function replaceOpen(overlay: Map<string, Message>, changes: readonly RowChange[]): void {
  for (const message of changes.flatMap(written)) {
    if (overlay.has(message.id)) overlay.set(message.id, message)
  }
}

/** Whether the ids of the slice's new messages are free in the rows, in one lookup. */
function* newIds(
  drafts: readonly EventDraft[],
  overlay: ReadonlyMap<string, Message>,
): LookingUp<ReadonlyMap<string, IdStatus>> {
  const ids = drafts.flatMap(newId).filter((id) => !overlay.has(id))
  if (ids.length === 0) return new Map()
  const statuses = yield* lookUp('idStatus', ids)
  return new Map(ids.map((id, index) => [id, statuses[index] ?? 'free']))
}

function newId(draft: EventDraft): string[] {
  if (draft.type === 'message-created') return [draft.message.id]
  return draft.type === 'boundary' && draft.summary ? [draft.summary.id] : []
}

/** Whether an import of the slice has the id already, which the rows do not know yet. */
function isImported(changes: readonly RowChange[], messageId: string): boolean {
  return changes.some(
    (change) => change.change === 'insert' && change.messages.some(({ id }) => id === messageId),
  )
}

/** The messages that a change of rows leaves there. */
function written(change: RowChange): readonly Message[] {
  if (change.change === 'insert') return change.messages
  return change.change === 'replace' ? [change.message] : []
}
