import type { ActivityRow, Session } from '@caughtup/schema'

import { activityStep, unknownPosition } from '../../core/activity-step.ts'
import type { ActivityChanges, ActivityPage, ActivityRows, RowsStep } from '../../port/activity.ts'
import type { ListQuery, ActiveRun, SessionList } from '../../port/sessions.ts'
import type { MemoryDatabase } from './memory-database.ts'
import type { MemorySession } from './memory-session.ts'
import { openMessages } from './message-reads.ts'
import { indexAbove } from './message-table.ts'

export function sessionOf(session: MemorySession): Session {
  const { id, title, createdAt, updatedAt, members, state } = session
  const [owner = ''] = members.keys()
  return { id, title, owner, createdAt, updatedAt, epoch: state.record.epoch }
}

/** The principal's sessions by recency, newest first. */
export function sessions(db: MemoryDatabase, principal: string, query: ListQuery): SessionList {
  const { listed, ...next } = byRecency(db, principal, query)
  return { sessions: listed.map(sessionOf), ...next }
}

export function activityPage(
  db: MemoryDatabase,
  principal: string,
  query: ListQuery,
): ActivityPage {
  const { listed, ...next } = byRecency(db, principal, query)
  return { rows: rowsOf(listed, principal), ...next, position: db.revision }
}

export function activityRows(
  db: MemoryDatabase,
  principal: string,
  { after = 0, limit }: RowsStep,
): ActivityRows {
  const found = sessionsOf(db, principal)
    .filter(({ key }) => key > after)
    .sort((a, b) => a.key - b.key)
  const listed = found.slice(0, limit)
  const last = found.length > limit ? listed.at(-1) : undefined
  return {
    rows: rowsOf(listed, principal),
    position: db.revision,
    ...(last && { next: last.key }),
  }
}

export function activityChanges(
  db: MemoryDatabase,
  principal: string,
  since: number,
  limit: number,
): ActivityChanges {
  const { revision: position, removalFloor, removals } = db
  if (since < removalFloor || since > position) return unknownPosition(position)
  const changed = sessionsOf(db, principal)
    .filter(({ revision }) => revision > since)
    .sort((a, b) => a.revision - b.revision)
    .slice(0, limit + 1)
  const removed = removals
    .filter((removal) => removal.principal === principal && removal.revision > since)
    .slice(0, limit + 1)
    .map(({ sessionId, revision }) => ({ sessionId, revision }))
  return activityStep({ rows: rowsOf(changed, principal), removed, position }, limit)
}

export function activityRow(session: MemorySession, principal: string): ActivityRow | undefined {
  const readUpTo = session.members.get(principal)
  if (readUpTo === undefined) return undefined
  const { id, title, revision, state } = session
  const { record } = state
  const { recency, generation, epoch, messageCount, lastMessageAt, contextUsage } = record
  const { lastModel, lastThinkingLevel, lastError } = record
  return {
    sessionId: id,
    title,
    revision,
    recency,
    generation,
    epoch,
    messageCount,
    streaming: record.run?.status === 'streaming',
    headSeq: record.seq,
    unread: unread(session, readUpTo),
    ...(lastModel !== undefined && { lastModel }),
    ...(lastThinkingLevel !== undefined && { lastThinkingLevel }),
    ...(lastMessageAt !== undefined && { lastMessageAt }),
    ...(contextUsage && { contextUsage }),
    ...(lastError && { lastError }),
  }
}

/** Runs that have not ended, and sessions whose queue waits. */
export function activeRuns(db: MemoryDatabase, ownProcess: string): ActiveRun[] {
  return [...db.sessions.values()]
    .filter(({ state }) => state.record.run ?? state.record.queue.length > 0)
    .map((session) => {
      const { id, state, process } = session
      const { record: head } = state
      const isLeased = head.run !== undefined && head.run.status !== 'waiting'
      return {
        sessionId: id,
        head,
        open: openMessages(session),
        ...(isLeased &&
          process !== undefined && {
            lease: { process, own: process === ownProcess, beats: db.beats.get(process) ?? 0 },
          }),
      }
    })
}

function sessionsOf(db: MemoryDatabase, principal: string): MemorySession[] {
  return [...db.sessions.values()].filter(({ members }) => members.has(principal))
}

function unread({ table: { shown } }: MemorySession, readUpTo: number): number {
  let count = 0
  for (let index = indexAbove(shown, readUpTo); index < shown.length; index++) {
    const message = shown[index]
    if (message?.role === 'assistant' && message.status === 'done') count++
  }
  return count
}

function rowsOf(listed: readonly MemorySession[], principal: string): ActivityRow[] {
  return listed.flatMap((session) => activityRow(session, principal) ?? [])
}

function byRecency(db: MemoryDatabase, principal: string, { after, limit }: ListQuery) {
  const found = sessionsOf(db, principal)
    .map((session) => ({ session, id: session.id, recency: session.state.record.recency }))
    .sort(newestFirst)
    .filter((each) => !after || newestFirst(each, after) > 0)
  const listed = found.slice(0, limit)
  const last = found.length > limit ? listed.at(-1) : undefined
  return {
    listed: listed.map(({ session }) => session),
    ...(last && { next: { recency: last.recency, id: last.id } }),
  }
}

type Place = { recency: number; id: string }

/** The id decides between equals, so that a page's end is one place. */
function newestFirst(a: Place, b: Place): number {
  if (a.recency !== b.recency) return b.recency - a.recency
  if (a.id === b.id) return 0
  return a.id < b.id ? 1 : -1
}
