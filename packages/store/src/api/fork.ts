import { CaughtupError, type Limits, type Session } from '@caughtup/schema'
import type { Clock } from '@caughtup/schema/clock'
import { v7 as uuid } from 'uuid'

import { storedTitle } from '../input/assert-limits.ts'
import { findForkCut } from './fork-cut.ts'
import { pacer } from '../base/pacer.ts'
import { sessionNotFound } from '../errors/session-errors.ts'
import type { Storage } from '../port/storage.ts'

export interface ForkOptions {
  /** The last message that the fork is to have. */
  from: string
  /** The principal who may delete the fork; a member like the others besides. */
  owner: string
  /** @default the source's title */
  title?: string
  members?: readonly string[]
}

export interface Forked {
  session: Session
  /** The last message of the fork, under the id that it has in the source too. */
  messageId: string
  /** Whether that is a later one than was asked for: the end of a tool group. */
  moved: boolean
}

/** What forking needs of the store around it. */
export interface ForkAround {
  storage: Storage
  limits: Readonly<Limits>
  clock: Clock
  /** From here on the upkeep completes the fork where its call does not. */
  begun: (forkId: string) => void
}

/**
 * Copies a session up to a message, in bounded steps. Nobody sees the fork before it is complete;
 * one that is not gone on with here is completed by the upkeep.
 */
export async function forkSession(
  { storage, limits, clock, begun }: ForkAround,
  sourceId: string,
  options: ForkOptions & { members: readonly string[] },
  signal: AbortSignal | undefined,
): Promise<Forked> {
  const source = await storage.session(sourceId)
  if (!source) throw sessionNotFound(sourceId)
  const { members } = options
  const title = storedTitle(options.title ?? source.title, limits)
  const { message, moved } = await findForkCut(storage, sourceId, options.from)
  signal?.throwIfAborted()
  const createdAt = clock.now()
  const id = uuid({ msecs: createdAt })
  const turn = pacer(clock, signal)
  await storage.beginFork({
    sourceId,
    upTo: message.order,
    session: { id, title, createdAt, members },
  })
  begun(id)
  const next = () =>
    storage.maintain({ fork: id }).catch((error: unknown) => ofSource(error, sourceId))
  while (await next()) await turn()
  const session = await storage.session(id)
  if (!session) throw sessionNotFound(id)
  return { session, messageId: message.id, moved }
}

/** A fork is gone with its source, and that is the session that the caller knows. */
function ofSource(error: unknown, sourceId: string): never {
  if (error instanceof CaughtupError && error.code === 'NOT_FOUND') throw sessionNotFound(sourceId)
  throw error
}
