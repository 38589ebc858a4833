import { forkedRecord } from '../../core/forked-record.ts'
import { appendEvent } from '../../journal/segment.ts'
import { sessionExists } from '../../errors/session-exists.ts'
import { sessionNotFound } from '../../errors/session-not-found.ts'
import type { NewSession } from '../../port/sessions.ts'
import { deepFreeze } from './deep-freeze.ts'
import { type Fork, type MemoryDatabase, tellOthers } from './memory-database.ts'
import { newMemorySession } from './memory-session.ts'
import { indexAbove, put } from './message-table.ts'
import type { Opening } from './opening.ts'

/** Messages copied in one step. */
const forkStep = 1_000

/** Of the newest messages, as many tell what model answered last and how full its context is. */
const newestMessages = 10

/** @throws CaughtupError `CONFLICT` for an id that a session has already */
export function assertNew(db: MemoryDatabase, id: string): void {
  if (db.sessions.has(id) || db.forks.has(id)) throw sessionExists(id)
}

export function beginFork(
  db: MemoryDatabase,
  { sourceId, upTo, session }: { sourceId: string; upTo: number; session: NewSession },
  random: () => number,
): void {
  const source = db.sessions.get(sourceId)
  if (!source) throw sessionNotFound(sourceId)
  assertNew(db, session.id)
  db.forks.set(session.id, {
    source,
    upTo: Math.min(upTo, source.state.record.lastOrder),
    copied: 0,
    session: newMemorySession(session, ++db.made, random),
  })
}

/** Whether what the fork copies is still there; another session may have its id by now. */
export function hasSource(db: MemoryDatabase, { source }: Fork): boolean {
  return db.sessions.get(source.id) === source
}

/** Copies one stretch; whether more is left. */
export function continueFork(db: MemoryDatabase, opening: Opening, sessionId: string): boolean {
  const fork = db.forks.get(sessionId)
  if (!fork) {
    if (db.sessions.has(sessionId)) return false
    throw sessionNotFound(sessionId)
  }
  if (!hasSource(db, fork)) {
    db.forks.delete(sessionId)
    throw sessionNotFound(sessionId)
  }
  const { shown } = fork.source.table
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

function complete(db: MemoryDatabase, opening: Opening, { session, source }: Fork): void {
  const { id, createdAt, table, members } = session
  const { shown } = table
  const epoch = shown.at(-1)?.epoch ?? 0
  const newest = shown.filter((message) => message.epoch === epoch)
  const { event, record } = forkedRecord(
    {
      count: shown.length,
      first: shown[0]?.order ?? 0,
      last: shown.at(-1)?.order ?? 0,
      epoch,
      epochFirst: newest[0],
      newest: newest.slice(-newestMessages).reverse(),
      newestPrompt: newest.findLast(({ role }) => role === 'user')?.order,
    },
    createdAt,
  )
  appendEvent(session.segments, deepFreeze(event), opening.tag)
  session.state = { record, overlay: new Map() }
  session.tag = opening.tag
  session.revision = ++db.revision
  // What came from elsewhere came to the fork too, or stays out of it with what lies behind the cut.
  for (const [identity, count] of source.imported) {
    session.imported.set(identity, count)
  }
  // What its members saw elsewhere is no news to them.
  for (const member of members.keys()) members.set(member, record.lastOrder)
  db.forks.delete(id)
  db.sessions.set(id, session)
  tellOthers(db, opening, id)
}
