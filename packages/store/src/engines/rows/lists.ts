import type { ActivityRow, Session } from '@caughtup/schema'

import { activityStep, unknownPosition } from '../../core/activity-step.ts'
import type { ActivityChanges, ActivityPage, ActivityRows, RowsStep } from '../../port/activity.ts'
import type { ListQuery, ActiveRun, SessionList } from '../../port/sessions.ts'
import type { SessionRow } from './rows.ts'
import { loadedFrom } from './session-states.ts'
import type { ListedRow, TableReads } from './tables.ts'

export function sessionOf({ id, title, owner, createdAt, updatedAt, record }: SessionRow): Session {
  return { id, title, owner, createdAt, updatedAt, epoch: record.epoch }
}

/** The principal's sessions by recency, newest first. */
export async function sessions(
  tables: TableReads,
  principal: string,
  query: ListQuery,
): Promise<SessionList> {
  const { listed, next } = await byRecency(tables, principal, query)
  return { sessions: listed.map(({ row }) => sessionOf(row)), ...next }
}

export async function activityPage(
  tables: TableReads,
  principal: string,
  query: ListQuery,
): Promise<ActivityPage> {
  const { listed, next, position } = await byRecency(tables, principal, query)
  return { rows: listed.map(activityRowOf), ...next, position }
}

export async function activityRows(
  tables: TableReads,
  principal: string,
  { after = 0, limit }: RowsStep,
): Promise<ActivityRows> {
  const query = { by: 'key', after, limit: limit + 1 } as const
  const { rows, position } = await tables.feed(principal, query)
  const listed = rows.slice(0, limit)
  const last = rows.length > limit ? listed.at(-1) : undefined
  return { rows: listed.map(activityRowOf), position, ...(last && { next: last.row.key }) }
}

export async function activityChanges(
  tables: TableReads,
  principal: string,
  since: number,
  limit: number,
): Promise<ActivityChanges> {
  const query = { by: 'position', after: since, limit: limit + 1 } as const
  const { rows, removed, position, floor } = await tables.feed(principal, query)
  if (since < floor || since > position) return unknownPosition(position)
  const changed = { rows: rows.map(activityRowOf), removed: [...removed], position }
  return activityStep(changed, limit)
}

export async function activityRow(
  tables: TableReads,
  principal: string,
  id: string,
): Promise<ActivityRow | undefined> {
  const { rows } = await tables.feed(principal, { by: 'session', id })
  return rows.map(activityRowOf)[0]
}

/** Runs that have not ended, and sessions whose queue waits. */
export async function activeRuns(tables: TableReads, ownProcess: string): Promise<ActiveRun[]> {
  const { sessions: active, beats } = await tables.active()
  return active.map((image) => {
    const { row, state } = loadedFrom(image)
    const { record: head, overlay } = state
    const { id: sessionId, process } = row
    const isLeased = head.run !== undefined && head.run.status !== 'waiting'
    return {
      sessionId,
      head,
      open: [...overlay.values()],
      ...(isLeased &&
        process !== undefined && {
          lease: { process, own: process === ownProcess, beats: beats.get(process) ?? 0 },
        }),
    }
  })
}

async function byRecency(tables: TableReads, principal: string, { after, limit }: ListQuery) {
  const query = { by: 'recency', limit: limit + 1, ...(after && { after }) } as const
  const { rows, position } = await tables.feed(principal, query)
  const listed = rows.slice(0, limit)
  const last = rows.length > limit ? listed.at(-1)?.row : undefined
  const next = last && { next: { recency: last.record.recency, id: last.id } }
  return { listed, position, next }
}

function activityRowOf({ row, seq, member, unread }: ListedRow): ActivityRow {
  const { id, title, record } = row
  const { recency, generation, epoch, messageCount, lastMessageAt, contextUsage } = record
  const { lastModel, lastThinkingLevel, lastError } = record
  return {
    sessionId: id,
    title,
    revision: member.position,
    recency,
    generation,
    epoch,
    messageCount,
    streaming: record.run?.status === 'streaming',
    headSeq: seq,
    unread,
    ...(lastModel !== undefined && { lastModel }),
    ...(lastThinkingLevel !== undefined && { lastThinkingLevel }),
    ...(lastMessageAt !== undefined && { lastMessageAt }),
    ...(contextUsage && { contextUsage }),
    ...(lastError && { lastError }),
  }
}
