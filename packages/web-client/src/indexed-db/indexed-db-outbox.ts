import type { Outbox } from '../outbox/outbox.ts'
import { storedOutbox } from '../outbox/stored-outbox.ts'
import { indexedDbOutboxStore, type UserDatabase } from './indexed-db-outbox-store.ts'

/**
 * Keeps the prompts of one user in IndexedDB until the server has answered: over reloads, for all tabs
 * together. Where that fails (a full disk, a private window, no IndexedDB) it goes on in memory, and
 * prompts have `kept: false`.
 *
 * The prompts are sent with the credentials that the client has at that time. So a client with this outbox
 * must not outlive the user's session: close it when they sign out, in every tab, and make another client for
 * the next user.
 */
export function indexedDbOutbox(options: UserDatabase): Outbox {
  return storedOutbox(indexedDbOutboxStore(options))
}
