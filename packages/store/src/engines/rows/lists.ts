import { Buffer } from 'node:buffer'

import type { ActivityRow, Session } from '@caughtup/schema'

import { activityRow } from '../../core/reading/activity.ts'
import { changesUpTo, unknownPosition } from '../../core/reading/feed-order.ts'
import { examinedPrompts } from '../../core/reading/prompts.ts'
import { isLookedAt, leaseOf } from '../../core/sessions/lease.ts'
import type { ActivityQuery, ActivityStep } from '../../port/activity.ts'
import type { FoundPrompt, PromptQuery, PromptStep } from '../../port/reading.ts'
import type {
  ActiveRun,
  IdleQuery,
  IdleSession,
  ListQuery,
  SessionList,
} from '../../port/sessions.ts'
import { isActive, type SessionRow } from './tables/rows.ts'
import { loadedFrom, type SessionStates } from './commit/session-states.ts'
import type { FeedRows, ListedRow, TableReads, Tables } from './tables/tables.ts'

export function sessionOf(row: SessionRow): Session {
  const { id, title, owner, createdAt, updatedAt, record, metadata } = row
  const { epoch } = record
  return { id, title, owner, createdAt, updatedAt, epoch, ...(metadata && { metadata }) }
}

/** The principal's sessions by recency, newest first. */
export async function sessions(
  tables: TableReads,
  principal: string,
  query: ListQuery,
): Promise<SessionList> {
  const { listed, next } = await listByRecency(tables, principal, query)
  return { sessions: listed.map(({ row }) => sessionOf(row)), ...(next && { next }) }
}

export async function activity(
  tables: TableReads,
  principal: string,
  query: ActivityQuery,
): Promise<ActivityStep> {
  switch (query.by) {
    case 'recency': {
      const { listed, next, place } = await listByRecency(tables, principal, query)
      return { ...stepOf(listed, place), ...(next && { nextPlace: next }) }
    }
    case 'creation': {
      const { after = 0, limit } = query
      const wanted = { by: 'key', after, limit: limit + 1 } as const
      const { rows, ...place } = await tables.feed(principal, wanted)
      const listed = rows.slice(0, limit)
      const last = rows.length > limit ? listed.at(-1) : undefined
      return { ...stepOf(listed, place), ...(last && { next: last.row.key }) }
    }
    case 'change': {
      const { after, limit } = query
      const wanted = { by: 'position', after, limit: limit + 1 } as const
      const { rows, removed, position, history, floor } = await tables.feed(principal, wanted)
      if (after < floor || after > position) return { ...unknownPosition(position), history }
      const changed = { rows: rows.map(activityRowOf), removed: [...removed], position }
      return { ...changesUpTo(changed, limit), history }
    }
    case 'session': {
      const wanted = { by: 'session', id: query.sessionId } as const
      const { rows, ...place } = await tables.feed(principal, wanted)
      return stepOf(rows, place)
    }
  }
}

/** See `Storage.activeRuns`. */
export async function activeRuns(
  { tables, states, own }: { tables: Tables; states: SessionStates; own: string },
  others: readonly string[] | undefined,
): Promise<ActiveRun[]> {
  const ids = await tables.active(others && ['', own, ...others])
  if (ids.length === 0) return []
  // Of those that run here, only what is new is read.
  const loaded = await states.load(ids, (asks) => tables.sessions(asks))
  const beats = await tables.beats()
  const active = loaded.flatMap((session): ActiveRun[] => {
    if (!session || !isActive(session.state.record)) return []
    const { row, state } = session
    const { record: head, overlay } = state
    const { id: sessionId, process } = row
    const lease =
      process === undefined
        ? undefined
        : { process, own: process === own, beats: beats.get(process) ?? 0 }
    return [{ sessionId, head, open: [...overlay.values()], ...leaseOf(head, lease) }]
  })
  return others ? active.filter((run) => isLookedAt(run, others)) : active
}

/** Sessions in which nothing runs or waits, the longest idle first. */
export async function idleSessions(tables: TableReads, query: IdleQuery): Promise<IdleSession[]> {
  const idle = await tables.idle(query)
  return idle.map((image) => {
    const { row, state } = loadedFrom(image)
    return { sessionId: row.id, head: state.record, updatedAt: row.updatedAt }
  })
}

/** The prompts that a principal sent in its sessions, newest first; see `Storage.prompts`. */
export async function prompts(
  tables: TableReads,
  { author, after, limit, bytes }: PromptQuery,
): Promise<PromptStep> {
  const place = after && { after }
  // One more than wanted, to know whether the page is the last one.
  const query = { author, ...place, examined: examinedPrompts, limit: limit + 1 }
  const { rows, last } = await tables.prompts(query)
  const found: FoundPrompt[] = []
  let size = 0
  let next = after
  for (const { sessionId, message, place: at } of rows) {
    size += Buffer.byteLength(JSON.stringify(message))
    const isFull = found.length === limit || size > bytes
    if (isFull && found.length > 0 && next) return { prompts: found, next }
    found.push({ sessionId, message })
    next = at
  }
  return { prompts: found, ...(last && { next: last }) }
}

async function listByRecency(tables: TableReads, principal: string, query: ListQuery) {
  const { after, limit } = query
  const wanted = { by: 'recency', limit: limit + 1, ...(after && { after }) } as const
  const { rows, ...place } = await tables.feed(principal, wanted)
  const listed = rows.slice(0, limit)
  const last = rows.length > limit ? listed.at(-1)?.row : undefined
  const next = last && { recency: last.record.recency, id: last.id }
  return { listed, place, next }
}

type FeedPlace = Pick<FeedRows, 'position' | 'history'>

function stepOf(listed: readonly ListedRow[], { position, history }: FeedPlace): ActivityStep {
  return { rows: listed.map(activityRowOf), removed: [], position, history, known: true }
}

function activityRowOf({ row, seq, member, unread }: ListedRow): ActivityRow {
  const { id, title, record } = row
  return activityRow({ id, title, revision: member.position }, { ...record, seq }, unread)
}
