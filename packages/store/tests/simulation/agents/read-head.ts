import { CaughtupError } from '@caughtup/schema'

import type { Incarnation } from '../world/host.ts'
import type { World } from '../world/world.ts'

/** A session's head and open messages; `undefined` for a session that was deleted. */
export async function readHead(world: World, { life, store }: Incarnation, sessionId: string) {
  try {
    return await world.persist(life, () => store.head(sessionId))
  } catch (error) {
    if (error instanceof CaughtupError && error.code === 'NOT_FOUND') return undefined
    throw error
  }
}
