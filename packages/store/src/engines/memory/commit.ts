import { changesActivity } from '@caughtup/schema/event'

import { redactSegments } from '../../journal/redact.ts'
import { appendEvent } from '../../journal/segment.ts'
import { leaseAfter } from '../../core/lease-after.ts'
import { changedAt } from '../../core/evolve.ts'
import { decide, type Decision } from '../../core/decide.ts'
import { runSync } from '../../core/lookups.ts'
import type { RowChange } from '../../core/types.ts'
import type { Slice, SliceResult } from '../../port/commit.ts'
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
  const changed = new Set<MemorySession>()
  const results = slices.map((slice): SliceResult => {
    const session = db.sessions.get(slice.sessionId)
    if (!session) return { refused: 'session-missing' }
    const decision = runSync(decide(session.state, slice), messageRows(session))
    if (decision.refused !== undefined) return decision
    write(session, decision, opening)
    const activity = decision.events.some(changesActivity)
    if (activity) changed.add(session)
    if (decision.events.length > 0) tellOthers(db, opening, session.id)
    const { events, messages } = decision
    const { journal, state, tag } = session
    return { events, messages, activity, cursor: { journal, seq: state.record.seq, tag } }
  })
  // A session has one place in the feed for all that a commit changes of it.
  for (const id of new Set(slices.map(({ sessionId }) => sessionId))) {
    const session = db.sessions.get(id)
    if (session && changed.has(session)) session.revision = ++db.revision
  }
  return results
}

function write(session: MemorySession, decision: Decision, { process, tag }: Opening): void {
  const { events, messages, changes, state } = decision
  for (const value of [...events, ...messages, ...changes]) deepFreeze(value)
  for (const event of events) {
    appendEvent(session.segments, event, tag)
    session.tag = tag
  }
  if (leaseAfter(events, state.record) === 'ours') session.process = process
  session.updatedAt = changedAt(events) ?? session.updatedAt
  for (const change of changes) apply(session, change)
  for (const message of messages) put(session.table, message)
  // A message that was cut off while it was open is not open any more.
  const open = [...state.overlay].filter(
    ([id, { status }]) => status === 'open' && session.table.byId.has(id),
  )
  session.state = { record: state.record, overlay: new Map(open) }
}

function apply(session: MemorySession, change: RowChange): void {
  const { table, children, imported, members } = session
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
      session.segments = redactSegments(session.segments, new Set(change.messageIds)).slice()
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
