import type {
  ChatFrame,
  ChatFrameOf,
  Message,
  OnChatInput,
  Page,
  Presence,
  Unmerged,
} from '@caughtup/schema'
import { decodeCursor } from '@caughtup/schema/cursor'
import { messagesOf } from '@caughtup/schema/event'
import {
  applyEvent,
  type Batch,
  emptyView,
  eventOfText,
  headOf,
  type View,
} from '@caughtup/schema/fold'
import { presenceName } from '@caughtup/schema/protocol'

import type { ViewError } from '../core/errors.ts'
import type { Connection } from '../live/connection.ts'
import {
  type PendingPrompts,
  removeSeen,
  replayBegan,
  replayBroke,
  replayEnded,
} from '../outbox/pending-prompts.ts'
import { type Change, noteChange, type OlderRequest, placePage } from './older-page.ts'

/** Everything that a session view knows. Immutable: the functions of this file return the next one. */
export interface SessionState {
  /** The view that is shown. */
  readonly view: View
  /** The view that a full replay builds, which is shown from caught-up on. */
  readonly building: Building | undefined
  /** Where a `since` resumes: always at `view.seq`, because events frames are applied whole or not. */
  readonly cursor: string | undefined
  /** The replay under way. */
  readonly replay: ChatFrameOf<'replay'> | undefined
  readonly lastReplay: Connection['lastReplay'] | undefined
  readonly caughtUp: boolean
  /** The seq after which events were missing last time. */
  readonly gapAt: number | undefined
  readonly older: OlderRequest | undefined
  readonly olderError: ViewError | undefined
  readonly pending: PendingPrompts
  readonly presence: readonly Presence[]
  /** As the last caught-up said it. */
  readonly unmerged: Unmerged | undefined
}

interface Building {
  readonly view: View
  /** Whether `view.seq` is that of the window, which the first event or caught-up tells. */
  readonly placed: boolean
}

export const emptySessionState: SessionState = {
  view: emptyView,
  building: undefined,
  cursor: undefined,
  replay: undefined,
  lastReplay: undefined,
  caughtUp: false,
  gapAt: undefined,
  older: undefined,
  olderError: undefined,
  pending: [],
  presence: [],
  unmerged: undefined,
}

/** The replay to request from `onChat`. */
export function modeOf({ cursor }: SessionState): OnChatInput['mode'] {
  return cursor === undefined ? { type: 'full' } : { type: 'since', cursor }
}

/**
 * The state after a frame. `gap` if the frame cannot be applied, because events before it are missing
 * or it concerns messages outside the view; a replay in the mode of `modeOf` then brings them.
 */
export function receiveFrame(
  state: SessionState,
  frame: ChatFrame,
  eventId: string | undefined,
): { state: SessionState; gap: boolean } {
  switch (frame.type) {
    case 'replay':
      return { gap: false, state: beginReplay(state, frame) }
    case 'messages':
      return { gap: false, state: addMessages(state, frame.messages) }
    case 'events':
      return resultOf(state, applyChanges(state, frame.events, eventId))
    case 'text':
      return resultOf(state, applyChanges(state, [frame], eventId))
    case 'caught-up':
      return resultOf(state, endReplay(state, frame))
    case 'transient':
      return { gap: false, state: seePresence(state, frame) }
    case 'heartbeat':
    case 'end':
    default:
      return { gap: false, state }
  }
}

/** The stream is over, and with it the replay under way. */
export function disconnect(state: SessionState): SessionState {
  return {
    ...state,
    building: undefined,
    replay: undefined,
    caughtUp: false,
    pending: replayBroke(state.pending),
    presence: emptySessionState.presence,
  }
}

/** Drops the cursor, so that the next replay is a full one. */
export function forgetPlace(state: SessionState): SessionState {
  return { ...state, cursor: undefined }
}

/** Takes the answer to the older-page request `id`, unless that request was dropped. */
export function receivePage(state: SessionState, id: number, page: Page): SessionState {
  if (state.older?.id !== id) return state
  return settlePage({ ...state, older: { ...state.older, page } })
}

function resultOf(before: SessionState, after: SessionState | 'gap' | 'needs-window') {
  if (after === 'gap') return { state: missed(before), gap: true }
  if (after === 'needs-window') return { state: forgetPlace(before), gap: true }
  return { state: after, gap: false }
}

/** After a second gap at the same seq, a `since` would not help, but a window does. */
function missed(state: SessionState): SessionState {
  const again = state.gapAt === state.view.seq
  return { ...state, gapAt: state.view.seq, cursor: again ? undefined : state.cursor }
}

function beginReplay(state: SessionState, frame: ChatFrameOf<'replay'>): SessionState {
  return {
    ...state,
    replay: frame,
    caughtUp: false,
    building:
      frame.mode === 'since'
        ? undefined
        : { view: { ...emptyView, epoch: frame.epoch }, placed: false },
    pending: replayBegan(state.pending),
  }
}

function addMessages(state: SessionState, messages: readonly Message[]): SessionState {
  if (!state.building) return state
  const { view, placed } = state.building
  // The epoch of the replay was read before the window, which may be of the next epoch already.
  const epoch = messages.at(-1)?.epoch ?? view.epoch
  return {
    ...state,
    building: { placed, view: { ...view, epoch, messages: [...view.messages, ...messages] } },
  }
}

function applyChanges(
  state: SessionState,
  changes: readonly Change[],
  eventId: string | undefined,
): SessionState | 'gap' | 'needs-window' {
  let view = state.building ? placedBefore(state.building, changes[0]) : state.view
  let { older, pending } = state
  // The state is given the last view alone, or none if it is a gap.
  const batch: Batch = {}
  for (const change of changes) {
    const event = change.type === 'text' ? eventOfText(change, view) : change
    const { result, view: next } = applyEvent(view, event, batch)
    if (result === 'gap' || result === 'needs-window') return result
    if (result === 'applied' && older) older = noteChange(older, change, view.messages)
    // An event that names a prompt shows that it arrived: the journal has no creation of an erased one.
    pending = removeSeen(pending, messagesOf(event))
    view = next
  }
  if (state.building) return { ...state, building: { view, placed: true } }
  return settlePage({ ...state, view, older, pending, cursor: eventId ?? state.cursor })
}

/** The window was read just before the first change after it. */
function placedBefore({ view, placed }: Building, first: Change | undefined): View {
  return placed || !first ? view : { ...view, seq: (first.from ?? first.seq) - 1 }
}

function endReplay(state: SessionState, frame: ChatFrameOf<'caught-up'>): SessionState | 'gap' {
  const { building } = state
  const base = building?.view ?? state.view
  const seq = decodeCursor(frame.cursor)?.seq ?? base.seq
  if (seq !== base.seq && (!building || building.placed)) return 'gap'
  const older = building ? olderMessages(state, building.view, frame) : []
  const messages = building ? keepMessages(state, frame.open ?? base.messages) : base.messages
  const view: View = {
    ...headOf({ ...frame, seq }),
    messages: older.length > 0 ? [...older, ...messages] : messages,
    // The frame describes the window; a view that kept its messages may reach further back.
    // After a boundary within the replay there are older messages that the window never had.
    hasOlder:
      building && older.length === 0 ? frame.hasOlder || base.hasOlder : state.view.hasOlder,
    skipped: base.skipped,
  }
  const reason = state.replay?.reason
  return settlePage({
    ...state,
    view,
    building: undefined,
    replay: undefined,
    cursor: frame.cursor,
    caughtUp: true,
    lastReplay: { mode: frame.mode, ...(reason && { reason }), cursor: frame.cursor },
    older: building ? undefined : state.older,
    olderError: building ? undefined : state.olderError,
    pending: replayEnded(state.pending, view),
    unmerged: frame.unmerged,
  })
}

/**
 * The messages before a window that stay: the server tells that none of them changed, all are done,
 * and they reach up to the window without a gap.
 */
function olderMessages(
  { view, cursor }: SessionState,
  { messages: [first], epoch }: View,
  { unchangedSince }: ChatFrameOf<'caught-up'>,
): readonly Message[] {
  const isUnchanged = unchangedSince !== undefined && unchangedSince === cursor
  if (!first || !isUnchanged || view.epoch !== epoch) return []
  const older = view.messages.filter(({ order }) => order < first.order)
  const isWhole = older.length < view.messages.length || older.at(-1)?.order === first.order - 1
  return isWhole && older.every(({ status }) => status === 'done') ? older : []
}

/**
 * The messages of a window; those that equal shown ones keep their identity. Equal revisions mean
 * equal messages only within one history, so only if the server knew the cursor.
 */
function keepMessages(state: SessionState, messages: readonly Message[]): readonly Message[] {
  const reason = state.replay?.reason
  if (reason !== 'too-far-behind' && reason !== 'cursor-expired') return messages
  const shown = new Map(state.view.messages.map((message) => [message.id, message]))
  return messages.map((message) => {
    const before = shown.get(message.id)
    return before?.revision === message.revision ? before : message
  })
}

function seePresence(state: SessionState, { name, data }: ChatFrameOf<'transient'>): SessionState {
  if (name !== presenceName) return state
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only servers send this name, and its data are these
  return { ...state, presence: data as unknown as readonly Presence[] }
}

function settlePage(state: SessionState): SessionState {
  if (!state.older?.page) return state
  const view = placePage(state.view, state.older.page, state.older.changes)
  if (view === 'early') return state
  return { ...state, older: undefined, view: view === 'torn' ? state.view : view }
}
