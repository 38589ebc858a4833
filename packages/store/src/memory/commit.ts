import { appendEvent } from '../journal/segment.ts'
import { changedAt, isLifecycle } from '../engine/session-record.ts'
import { type RowChange, take, type Taken } from '../engine/stage.ts'
import type { Slice, SliceResult } from '../storage.ts'
import { deepFreeze } from './deep-freeze.ts'
import { type MemoryDatabase, tellOthers } from './memory-database.ts'
import type { MemorySession } from './memory-session.ts'
import { messageRows } from './message-rows.ts'
import { forgetHidden, hide, put, remove, restore, truncate } from './message-table.ts'
import type { Opening } from './opening.ts'

/** Writes slices one behind the other. Nothing else runs meanwhile, and nothing in it can fail. */
export function commit(
  db: MemoryDatabase,
  opening: Opening,
  slices: readonly Slice[],
): SliceResult[] {
  return slices.map((slice) => {
    const session = db.sessions.get(slice.sessionId)
    if (!session) return { refused: 'session-missing' }
    const taken = take(session.state, slice, messageRows(session))
    if (taken.refused !== undefined) return taken
    write(session, taken, opening)
    const activity = taken.events.some(isLifecycle)
    if (activity) session.revision = ++db.revision
    if (taken.events.length > 0) tellOthers(db, opening, session.id)
    const { events, messages } = taken
    const { journal, state, tag } = session
    return { events, messages, activity, cursor: { journal, seq: state.record.seq, tag } }
  })
}

function write(session: MemorySession, taken: Taken, { process, tag }: Opening): void {
  const { events, messages, changes, state } = taken
  for (const value of [...events, ...messages, ...changes]) deepFreeze(value)
  for (const event of events) {
    appendEvent(session.segments, event, tag)
    session.tag = tag
    const goesOn = event.type === 'run-changed' && event.status === 'streaming'
    if (event.type === 'run-started' || goesOn) session.process = process
  }
  session.updatedAt = changedAt(events) ?? session.updatedAt
  for (const change of changes) apply(session, change, state.record.seq)
  for (const message of messages) put(session.table, message)
  // A message that was cut off while it was open is not open any more.
  const open = [...state.overlay].filter(
    ([id, { status }]) => status === 'open' && session.table.byId.has(id),
  )
  session.state = { record: state.record, overlay: new Map(open) }
}

function apply(session: MemorySession, change: RowChange, seq: number): void {
  const { table, children, imported, erasures, members } = session
  switch (change.change) {
    case 'remove':
      return remove(table, change.messageIds)
    case 'truncate':
      return truncate(table, change.after)
    case 'hide':
      return hide(table, change.after)
    case 'restore':
      return restore(table)
    case 'forget-hidden':
      return forgetHidden(table)
    case 'insert':
      for (const message of change.messages) put(table, message)
      return
    case 'replace':
      return put(table, change.message)
    case 'erase':
      remove(table, change.messageIds)
      erasures.push({ messageIds: new Set(change.messageIds), next: 1, last: seq })
      return
    case 'count-child':
      children.add(change.child)
      return
    case 'count-imported':
      imported.set(change.identity, change.count)
      return
    case 'mark-read': {
      const mark = members.get(change.principal)
      if (mark !== undefined) members.set(change.principal, Math.max(mark, change.upTo))
    }
  }
}
