import { CaughtupError, type Limits, type Session } from '@caughtup/schema'
import type { Clock } from '@caughtup/schema/clock'
import { v7 as uuid } from 'uuid'

import { storedTitle } from '../input/assert-limits.ts'
import { findForkCut } from './fork-cut.ts'
import { pacer } from '../base/pacer.ts'
import { sessionNotFound } from '../errors/session-errors.ts'
import type { Storage } from '../port/storage.ts'

export interface ForkOptions {
  /** The last message of the fork. */
  from: string
  /** The principal who may delete the fork; otherwise a member like the others. */
  owner: string
  /** @default the source's title */
  title?: string
  members?: readonly string[]
}

export interface Forked {
  session: Session
  /** The last message of the fork; it has this id in the source too. */
  messageId: string
  /** Whether it is a later message than the requested one: the end of a tool group. */
  moved: boolean
}

export interface ForkAround {
  storage: Storage
  limits: Readonly<Limits>
  clock: Clock
  /** Called once maintenance would finish the fork if this call did not. */
  begun: (forkId: string) => void
}

/**
 * Copies a session up to a message, in bounded steps. The fork is hidden until it is complete; if
 * this call is interrupted, maintenance finishes the fork.
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
  const { metadata } = source
  const title = storedTitle(options.title ?? source.title, limits)
  const { message, moved } = await findForkCut(storage, sourceId, options.from)
  signal?.throwIfAborted()
  const createdAt = clock.now()
  const id = uuid({ msecs: createdAt })
  const turn = pacer(clock, signal)
  await storage.beginFork({
    sourceId,
    upTo: message.order,
    session: { id, title, createdAt, members, ...(metadata && { metadata }) },
  })
  begun(id)
  const next = () =>
    storage.maintain({ fork: id }).catch((error: unknown) => ofSource(error, sourceId))
  while (await next()) await turn()
  const session = await storage.session(id)
  if (!session) throw sessionNotFound(id)
  return { session, messageId: message.id, moved }
}

/** A fork disappears with its source, and the caller knows only the source. */
function ofSource(error: unknown, sourceId: string): never {
  if (error instanceof CaughtupError && error.code === 'NOT_FOUND') throw sessionNotFound(sourceId)
  throw error
}
