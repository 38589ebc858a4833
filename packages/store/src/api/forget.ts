import { CaughtupError } from '@caughtup/schema'
import type { Clock } from '@caughtup/schema/clock'

import { pacer } from '../base/pacer.ts'
import type { Waiting } from '../base/waiting.ts'
import { assertInput } from '../input/assert-input.ts'
import { principal as aPrincipal } from '../input/kinds.ts'
import type { Storage } from '../port/storage.ts'
import type { Sessions } from './sessions.ts'

/** What is gone of a principal. */
export interface Forgotten {
  /** Sessions that it owned, which are deleted. */
  deleted: number
  /** Sessions of others that it was a member of. */
  left: number
}

/** Sessions that are read at once. */
const step = 50

export interface Forgetting {
  storage: Storage
  sessions: Sessions
  clock: Clock
  /** Called when the removals are forgotten. */
  forgot: (principal: string) => void
}

/**
 * Deletes the sessions of a principal, takes it from those of others, and forgets that it ever had
 * them. Other calls get their turn meanwhile; one that was interrupted can be repeated.
 */
export async function forgetPrincipal(
  { storage, sessions, clock, forgot }: Forgetting,
  principal: string,
  { signal }: Waiting = {},
): Promise<Forgotten> {
  assertInput('principal', principal, aPrincipal)
  const turn = pacer(clock, signal)
  const forgotten = { deleted: 0, left: 0 }
  for (;;) {
    const found = await storage.sessions(principal, { limit: step })
    if (found.sessions.length === 0) break
    for (const { id, owner } of found.sessions) {
      await turn()
      if (owner !== principal) {
        if (await unlessGone(sessions.removeMember(id, principal))) forgotten.left++
      } else if (await unlessGone(sessions.delete(id).then(() => true))) forgotten.deleted++
    }
  }
  await storage.forgetRemovals(principal)
  await storage.calls.forget(principal)
  forgot(principal)
  return forgotten
}

/** The result; `false` where somebody else has deleted the session meanwhile. */
async function unlessGone(call: Promise<boolean>): Promise<boolean> {
  try {
    return await call
  } catch (error) {
    if (error instanceof CaughtupError && error.code === 'NOT_FOUND') return false
    throw error
  }
}
