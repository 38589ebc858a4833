import type { ActivityFrame, ActivityRow } from '@caughtup/schema'

type Rows = ReadonlyMap<string, ActivityRow>

/** All that the activity view knows. Immutable; the functions of this file give the next one. */
export interface ActivityState {
  readonly rows: Rows
  /** By recency, newest first. */
  readonly sorted: readonly ActivityRow[]
  /** The complete list being received; it takes the rows' place at caught-up. */
  readonly collecting: Rows | undefined
  /** Revisions of removed sessions: an older row does not bring one back. The newest 1,000. */
  readonly removed: ReadonlyMap<string, number>
  readonly cursor: string | undefined
  readonly caughtUp: boolean
}

const mostRemoved = 1_000

export const emptyActivityState: ActivityState = {
  rows: new Map(),
  sorted: [],
  collecting: undefined,
  removed: new Map(),
  cursor: undefined,
  caughtUp: false,
}

/** The state after a frame. */
export function receiveActivityFrame(
  state: ActivityState,
  frame: ActivityFrame,
  eventId: string | undefined,
): ActivityState {
  switch (frame.type) {
    case 'activities': {
      const begins = frame.complete && !state.collecting
      const begun = begins ? { ...state, collecting: new Map(), caughtUp: false } : state
      return withRows(begun, frame.rows)
    }
    case 'changed':
      return at(withRows(state, [frame.row]), eventId)
    case 'removed':
      return at(withoutSession(state, frame.sessionId, frame.revision), eventId)
    case 'caught-up': {
      const rows = state.collecting ?? state.rows
      const shown = rows === state.rows ? state : { ...state, rows, sorted: sort(rows) }
      return { ...shown, collecting: undefined, cursor: frame.cursor, caughtUp: true }
    }
    case 'heartbeat':
    case 'end':
    default:
      return state
  }
}

/** The stream is gone. The rows stay, whatever became of it. */
export function disconnectActivity(state: ActivityState): ActivityState {
  return { ...state, collecting: undefined, caughtUp: false }
}

/**
 * Whether the answer of a session came to its end between two of its rows: it was streaming, and
 * the same run is over. Recency moves for a normal end only, so an abort is none.
 */
export function isCompletion(before: ActivityRow | undefined, after: ActivityRow): boolean {
  return (
    before !== undefined &&
    before.streaming &&
    !after.streaming &&
    before.generation === after.generation &&
    after.recency > before.recency
  )
}

/** A complete list is no place to go on from before all of it is here. */
function at(state: ActivityState, eventId: string | undefined): ActivityState {
  return state.collecting || eventId === undefined ? state : { ...state, cursor: eventId }
}

function withRows(state: ActivityState, added: readonly ActivityRow[]): ActivityState {
  const current = state.collecting ?? state.rows
  const newer = added.filter(
    ({ sessionId, revision }) =>
      revision > (current.get(sessionId)?.revision ?? -1) &&
      revision > (state.removed.get(sessionId) ?? -1),
  )
  if (newer.length === 0) return state
  const rows = new Map(current)
  for (const row of newer) rows.set(row.sessionId, row)
  return put(state, rows)
}

function withoutSession(state: ActivityState, sessionId: string, revision: number): ActivityState {
  const removed = new Map(state.removed)
  removed.delete(sessionId)
  removed.set(sessionId, Math.max(revision, state.removed.get(sessionId) ?? 0))
  for (const oldest of removed.keys()) {
    if (removed.size <= mostRemoved) break
    removed.delete(oldest)
  }
  const current = state.collecting ?? state.rows
  const row = current.get(sessionId)
  if (!row || row.revision > revision) return { ...state, removed }
  const rows = new Map(current)
  rows.delete(sessionId)
  return put({ ...state, removed }, rows)
}

function put(state: ActivityState, rows: Rows): ActivityState {
  return state.collecting ? { ...state, collecting: rows } : { ...state, rows, sorted: sort(rows) }
}

function sort(rows: Rows): ActivityRow[] {
  return [...rows.values()].sort(
    (a, b) => b.recency - a.recency || (a.sessionId < b.sessionId ? -1 : 1),
  )
}
