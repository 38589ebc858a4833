import type { ActivityFrame, ActivityRow } from '@caughtup/schema'

type Rows = ReadonlyMap<string, ActivityRow>

/** A frame about rows. */
type ListFrame = Extract<ActivityFrame, { type: 'activities' | 'changed' | 'removed' }>

/** Everything that the activity view knows. Immutable: the functions of this file return the next one. */
export interface ActivityState {
  readonly rows: Rows
  /** By recency, newest first. */
  readonly sorted: readonly ActivityRow[]
  /** The frames of a complete list so far; at caught-up its rows replace the present ones. */
  readonly collecting: readonly ListFrame[] | undefined
  /** Revisions of removed sessions, so that an older row does not bring one back; bounded. */
  readonly removed: ReadonlyMap<string, number>
  readonly cursor: string | undefined
  readonly caughtUp: boolean
}

/** Bounds the memory of a page that stays open for weeks; beyond it the oldest removal is forgotten. */
const maxRemoved = 1_000

export const emptyActivityState: ActivityState = {
  rows: new Map(),
  sorted: [],
  collecting: undefined,
  removed: new Map(),
  cursor: undefined,
  caughtUp: false,
}

export function receiveActivityFrame(
  state: ActivityState,
  frame: ActivityFrame,
  eventId: string | undefined,
): ActivityState {
  switch (frame.type) {
    case 'activities': {
      const begins = frame.complete && !state.collecting
      // Nothing of before counts: the server may have lost it, and gives its revisions again.
      const start = { collecting: [], removed: emptyActivityState.removed, caughtUp: false }
      return applyList(begins ? { ...state, ...start } : state, frame)
    }
    case 'changed':
    case 'removed':
      return advanceCursor(applyList(state, frame), eventId)
    case 'caught-up': {
      const { collecting, removed, cursor: _, ...rest } = state
      const rows = collecting ? collected(collecting, removed) : state.rows
      const sorted = collecting ? [...rows.values()].sort(newestFirst) : state.sorted
      const { cursor } = frame
      return { ...rest, removed, rows, sorted, collecting: undefined, cursor, caughtUp: true }
    }
    case 'heartbeat':
    case 'end':
    default:
      return state
  }
}

/** The stream is over; the rows stay. */
export function disconnectActivity(state: ActivityState): ActivityState {
  return { ...state, collecting: undefined, caughtUp: false }
}

/**
 * Whether an answer ended normally between two rows of its session: it was streaming, and the same
 * run is over. Recency moves at a normal end only, so an interruption does not count.
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

/** The cursor must not advance until the whole list has arrived. */
function advanceCursor(state: ActivityState, eventId: string | undefined): ActivityState {
  return state.collecting || eventId === undefined ? state : { ...state, cursor: eventId }
}

function applyList(state: ActivityState, frame: ListFrame): ActivityState {
  const known = frame.type === 'removed' ? withRemoval(state, frame) : state
  if (known.collecting) return { ...known, collecting: [...known.collecting, frame] }
  switch (frame.type) {
    case 'activities':
      return withRows(known, frame.rows)
    case 'changed':
      return withRows(known, [frame.row])
    case 'removed':
      return withoutSession(known, frame)
  }
}

/** The rows of a complete list: its frames applied in order. */
function collected(frames: readonly ListFrame[], removed: ActivityState['removed']): Rows {
  const rows = new Map<string, ActivityRow>()
  for (const frame of frames) {
    if (frame.type === 'removed') {
      if (isGone(rows, frame)) rows.delete(frame.sessionId)
      continue
    }
    for (const row of frame.type === 'changed' ? [frame.row] : frame.rows) {
      if (isNewer(row, rows, removed)) rows.set(row.sessionId, row)
    }
  }
  return rows
}

function withRows(state: ActivityState, added: readonly ActivityRow[]): ActivityState {
  const newer = added.filter((row) => isNewer(row, state.rows, state.removed))
  if (newer.length === 0) return state
  const rows = new Map(state.rows)
  for (const row of newer) {
    if (isNewer(row, rows, state.removed)) rows.set(row.sessionId, row)
  }
  // The others are sorted already, so the sort is nearly linear.
  const others = state.sorted.filter((row) => rows.get(row.sessionId) === row)
  const sorted = [...others, ...new Set(newer.map(({ sessionId }) => rows.get(sessionId)))]
  return { ...state, rows, sorted: sorted.filter((row) => row !== undefined).sort(newestFirst) }
}

function withoutSession(
  state: ActivityState,
  removal: { sessionId: string; revision: number },
): ActivityState {
  if (!isGone(state.rows, removal)) return state
  const rows = new Map(state.rows)
  rows.delete(removal.sessionId)
  const sorted = state.sorted.filter(({ sessionId }) => sessionId !== removal.sessionId)
  return { ...state, rows, sorted }
}

function withRemoval(
  state: ActivityState,
  { sessionId, revision }: { sessionId: string; revision: number },
): ActivityState {
  const removed = new Map(state.removed)
  removed.delete(sessionId)
  removed.set(sessionId, Math.max(revision, state.removed.get(sessionId) ?? 0))
  for (const oldest of removed.keys()) {
    if (removed.size <= maxRemoved) break
    removed.delete(oldest)
  }
  return { ...state, removed }
}

function isNewer(row: ActivityRow, rows: Rows, removed: ActivityState['removed']): boolean {
  const { sessionId, revision } = row
  return (
    revision > (rows.get(sessionId)?.revision ?? -1) && revision > (removed.get(sessionId) ?? -1)
  )
}

/** Whether a removal concerns the present row. */
function isGone(
  rows: Rows,
  { sessionId, revision }: { sessionId: string; revision: number },
): boolean {
  const row = rows.get(sessionId)
  return row !== undefined && row.revision <= revision
}

function newestFirst(a: ActivityRow, b: ActivityRow): number {
  return b.recency - a.recency || (a.sessionId < b.sessionId ? -1 : 1)
}
