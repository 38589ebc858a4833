import { CaughtupError, type EventOf, excerpt, type Message } from '@caughtup/schema'

import { appendEvent } from '../journal/segment.ts'
import { sessionNotFound } from '../session-not-found.ts'
import { applyToRecord, newRecord } from '../session-record.ts'
import type { NewSession } from '../storage.ts'
import { deepFreeze } from './deep-freeze.ts'
import { type Fork, type MemoryDatabase, tellOthers } from './memory-database.ts'
import { newMemorySession } from './memory-session.ts'
import { indexAbove, put } from './message-table.ts'
import type { Opening } from './opening.ts'

/** Messages copied in one step. */
const forkStep = 1_000

/** @throws CaughtupError `CONFLICT` for an id that a session has already */
export function assertNew(db: MemoryDatabase, id: string): void {
  if (!db.sessions.has(id) && !db.forks.has(id)) return
  throw new CaughtupError('CONFLICT', `There is a session ${excerpt(id)} already.`, {
    field: 'id',
    value: excerpt(id),
  })
}

export function beginFork(
  db: MemoryDatabase,
  { sourceId, upTo, session }: { sourceId: string; upTo: number; session: NewSession },
  random: () => number,
): void {
  if (!db.sessions.has(sourceId)) throw sessionNotFound(sourceId)
  assertNew(db, session.id)
  db.forks.set(session.id, {
    sourceId,
    upTo,
    copied: 0,
    session: newMemorySession(session, random),
  })
}

/** Copies one stretch; whether more is left. */
export function continueFork(db: MemoryDatabase, opening: Opening, sessionId: string): boolean {
  const fork = db.forks.get(sessionId)
  if (!fork) {
    if (db.sessions.has(sessionId)) return false
    throw sessionNotFound(sessionId)
  }
  const source = db.sessions.get(fork.sourceId)
  if (!source) {
    db.forks.delete(sessionId)
    throw sessionNotFound(fork.sourceId)
  }
  const { shown } = source.table
  const start = indexAbove(shown, fork.copied)
  const end = indexAbove(shown, fork.upTo)
  const copied = shown.slice(start, Math.min(end, start + forkStep))
  for (const message of copied) {
    // Nothing runs in the new session that could finish it.
    if (message.status === 'open') continue
    put(fork.session.table, deepFreeze({ ...message, revision: 1 }))
  }
  fork.copied = copied.at(-1)?.order ?? fork.upTo
  if (start + copied.length < end) return true
  complete(db, opening, fork)
  return false
}

function complete(db: MemoryDatabase, opening: Opening, { session }: Fork): void {
  const { id, createdAt, table } = session
  const { shown } = table
  const newest = shown.at(-1)
  const epoch = newest?.epoch ?? 0
  const epochStart = startOf(shown, epoch)
  const event: EventOf<'forked'> = deepFreeze({
    type: 'forked',
    seq: 1,
    from: 1,
    epoch,
    at: createdAt,
    count: shown.length,
    first: shown[0]?.order ?? 0,
    last: newest?.order ?? 0,
    canUndo: shown.some(({ role, order }) => role === 'user' && order > epochStart),
    canRedo: false,
  })
  const base = { ...newRecord(createdAt), epoch, epochStart }
  session.state = { record: applyToRecord(base, event), overlay: new Map() }
  session.tag = opening.tag
  appendEvent(session.segments, event, opening.tag)
  session.revision = ++db.revision
  db.forks.delete(id)
  db.sessions.set(id, session)
  tellOthers(db, opening, id)
}

/** The order up to which messages are of older epochs, or the summary that opened this one. */
function startOf(shown: readonly Message[], epoch: number): number {
  const index = shown.findIndex((message) => message.epoch === epoch)
  const opener = shown[index]?.metadata.boundary ? shown[index] : shown[index - 1]
  return opener?.order ?? 0
}
