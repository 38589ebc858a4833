import { deleteDB } from 'idb'

import type { UserDatabase } from './indexed-db-outbox-store.ts'

/**
 * Deletes what `indexedDbOutbox` and `indexedDbCache` have of a user, as at a sign-out. Close the user's clients
 * before, in every tab: one that is open goes on in memory.
 */
export async function forgetUser({ user, name = 'caughtup' }: UserDatabase): Promise<void> {
  await Promise.all(['outbox', 'cache'].map((kind) => deleteDB(`${name}-${kind}:${user}`)))
}
