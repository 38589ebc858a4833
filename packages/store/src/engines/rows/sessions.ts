import type { Session } from '@caughtup/schema'

import { newJournal } from '../../base/random-tag.ts'
import { newRecord } from '../../core/evolve.ts'
import { addsMember, removesMember } from '../../core/sessions/membership.ts'
import { sessionExists, sessionNotFound } from '../../errors/session-errors.ts'
import type { NewSession, SessionChange } from '../../port/sessions.ts'
import { deepFreeze } from './commit/deep-freeze.ts'
import { sessionOf } from './lists.ts'
import { type ForkJob, isHidden, type SessionRow } from './tables/rows.ts'
import type { SessionImage, Tables, Transaction } from './tables/tables.ts'

/** @throws CaughtupError `CONFLICT` for an id that a session has already */
export function createSession(
  tables: Tables,
  session: NewSession,
  random: () => number,
): Promise<Session> {
  return tables.transaction(async (transaction) => {
    const row = await insert(transaction, session, random)
    await transaction.place([row.key])
    return sessionOf(row)
  })
}

/** @throws CaughtupError `NOT_FOUND` for the source, `CONFLICT` for an id in use */
export async function beginFork(
  tables: Tables,
  { sourceId, upTo, session }: { sourceId: string; upTo: number; session: NewSession },
  random: () => number,
): Promise<void> {
  await tables.transaction(async (transaction) => {
    const source = await transaction.session(sourceId)
    if (!source) throw sessionNotFound(sourceId)
    const { key, record } = source
    const fork = {
      sourceId,
      source: key,
      upTo: Math.min(upTo, record.lastOrder),
      copied: 0,
      count: 0,
      first: 0,
      epochFirst: 0,
    }
    await insert(transaction, session, random, fork)
  })
}

export function updateSession(
  tables: Tables,
  id: string,
  { title, metadata, at, ifTitle }: SessionChange,
): Promise<{ session: Session; changed: boolean } | undefined> {
  return tables.transaction(async (transaction) => {
    const image = await lockShown(transaction, id)
    if (!image) return undefined
    const { row } = image
    if (ifTitle !== undefined && row.title !== ifTitle) {
      return { session: sessionOf(row), changed: false }
    }
    const updated = {
      ...row,
      ...(title !== undefined && { title }),
      ...(metadata && { metadata: deepFreeze(metadata) }),
      updatedAt: at,
    }
    await transaction.updateSessions([updated])
    await transaction.place([row.key])
    return { session: sessionOf(updated), changed: true }
  })
}

/**
 * Whether the principal was no member.
 *
 * @throws CaughtupError `NOT_FOUND`, `LIMIT_EXCEEDED`
 */
export function addMember(
  tables: Tables,
  id: string,
  { principal, most }: { principal: string; most: number },
): Promise<boolean> {
  return tables.transaction(async (transaction) => {
    const { key, record } = (await lockFound(transaction, id)).row
    if (!addsMember(await principals(transaction, id), principal, most)) return false
    await transaction.addMember(key, { principal, readUpTo: record.lastOrder })
    await transaction.place([key])
    return true
  })
}

/**
 * Whether the principal was a member.
 *
 * @throws CaughtupError `NOT_FOUND`, `CONFLICT` (`owner`)
 */
export function removeMember(tables: Tables, id: string, principal: string): Promise<boolean> {
  return tables.transaction(async (transaction) => {
    const { key } = (await lockFound(transaction, id)).row
    if (!removesMember(await principals(transaction, id), principal)) return false
    await transaction.removeMember(key, principal)
    await transaction.place([], { sessionId: id, principals: [principal] })
    return true
  })
}

/** Returns the principals who saw it until now. */
export function deleteSession(tables: Tables, id: string): Promise<string[]> {
  return tables.transaction(async (transaction) => {
    const image = await lockShown(transaction, id)
    if (!image) return []
    const members = await principals(transaction, id)
    await transaction.deleteSession(image.row.key)
    await transaction.place([], { sessionId: id, principals: members })
    return members
  })
}

/**
 * Moves a read mark forward, not beyond the newest message; where it is then.
 *
 * @throws CaughtupError `NOT_FOUND`
 */
export function markRead(
  tables: Tables,
  id: string,
  { principal, upTo }: { principal: string; upTo: number },
): Promise<{ mark: number; changed: boolean }> {
  return tables.transaction(async (transaction) => {
    const image = await lockFound(transaction, id)
    const members = await transaction.members(id)
    const before = members.find((member) => member.principal === principal)?.readUpTo
    if (before === undefined) return { mark: 0, changed: false }
    const mark = Math.max(before, Math.min(upTo, image.row.record.lastOrder))
    if (mark === before) return { mark, changed: false }
    await transaction.mark(image.row.key, mark, [principal])
    await transaction.place([image.row.key])
    return { mark, changed: true }
  })
}

async function insert(
  transaction: Transaction,
  { id, title, createdAt, members, metadata }: NewSession,
  random: () => number,
  fork?: ForkJob,
): Promise<SessionRow> {
  const everybody = [...new Set(members)]
  const row = {
    id,
    journal: newJournal(random),
    owner: everybody[0] ?? '',
    title,
    createdAt,
    updatedAt: createdAt,
    record: newRecord(createdAt),
    tag: '',
    floor: 0,
    floorTag: '',
    ...(metadata && { metadata: deepFreeze(metadata) }),
    ...(fork && { fork }),
  }
  const inserted = await transaction.insertSession(row, everybody)
  if (!inserted) throw sessionExists(id)
  return inserted
}

/** The owner first. */
async function principals(transaction: Transaction, id: string): Promise<string[]> {
  return (await transaction.members(id)).map(({ principal }) => principal)
}

/** @throws CaughtupError `NOT_FOUND` */
async function lockFound(transaction: Transaction, id: string): Promise<SessionImage> {
  const image = await lockShown(transaction, id)
  if (!image) throw sessionNotFound(id)
  return image
}

async function lockShown(transaction: Transaction, id: string): Promise<SessionImage | undefined> {
  const [image] = await transaction.lock([{ id }])
  return image && !isHidden(image.row) ? image : undefined
}
