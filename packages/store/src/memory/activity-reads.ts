import type { ActivityRow, Session } from '@caughtup/schema'

import type { ActivityChanges, ListQuery, OpenRun, SessionList } from '../storage.ts'
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
export function sessions(
  db: MemoryDatabase,
  principal: string,
  { after, limit }: ListQuery,
): SessionList {
  const found = sessionsOf(db, principal)
    .map((session) => ({ session, id: session.id, recency: session.state.record.recency }))
    .sort(byRecency)
    .filter((each) => !after || byRecency(each, after) > 0)
  const listed = found.slice(0, limit)
  const last = found.length > limit ? listed.at(-1) : undefined
  return {
    sessions: listed.map(({ session }) => sessionOf(session)),
    ...(last && { next: { recency: last.recency, id: last.id } }),
  }
}

export function changes(
  db: MemoryDatabase,
  principal: string,
  since: number | undefined,
): ActivityChanges {
  const complete = since === undefined || since < db.removalFloor || since > db.revision
  const after = complete ? 0 : since
  const rows = sessionsOf(db, principal)
    .filter(({ revision }) => revision > after)
    .sort((a, b) => a.revision - b.revision)
    .flatMap((session) => activityRow(session, principal) ?? [])
  const removed = db.removals
    .filter((removal) => !complete && removal.principal === principal && removal.revision > after)
    .map(({ sessionId, revision }) => ({ sessionId, revision }))
  return { rows, removed, position: db.revision, complete }
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
export function openRuns(db: MemoryDatabase, ownProcess: string): OpenRun[] {
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

type Place = { recency: number; id: string }

/** Newest first; the id decides between equals, so that a page's end is one place. */
function byRecency(a: Place, b: Place): number {
  if (a.recency !== b.recency) return b.recency - a.recency
  if (a.id === b.id) return 0
  return a.id < b.id ? 1 : -1
}
