import type { DBSchema } from 'idb'

import type { Cache } from '../cache/cache.ts'
import type { CachedSession } from '../cache/cached-session.ts'
import { storedCache } from '../cache/stored-cache.ts'
import type { UserDatabase } from './indexed-db-outbox-store.ts'
import { Database } from './open-database.ts'

export interface CacheOptions extends UserDatabase {
  /** How many sessions are cached; beyond that, those that were opened longest ago go. @default 50 */
  sessions?: number
}

interface Schema extends DBSchema {
  sessions: {
    key: string
    value: { sessionId: string; usedAt: number; session: CachedSession }
    indexes: { usedAt: number }
  }
}

/**
 * Keeps the newest messages of the sessions of one user in IndexedDB, so that the next page shows them before
 * the network answers, `stale` until it has, and the server sends only what came since.
 *
 * It needs nothing of the host but the `user`, and never fails: what cannot be cached comes by the network.
 */
export function indexedDbCache({ user, name = 'caughtup', sessions = 50 }: CacheOptions): Cache {
  const database = new Database<Schema>(`${name}-cache:${user}`, (opened) => {
    opened.createObjectStore('sessions', { keyPath: 'sessionId' }).createIndex('usedAt', 'usedAt')
  })
  const begin = async () => {
    const opened = await database.open()
    const transaction = opened.transaction('sessions', 'readwrite')
    return { transaction, store: transaction.store }
  }
  return storedCache({
    // Nothing is written here: the page waits for it, and what is opened is written again when it is idle.
    async read(sessionId) {
      const opened = await database.open()
      return (await opened.get('sessions', sessionId))?.session
    },
    async write(sessionId, session) {
      const { transaction, store } = await begin()
      await store.put({ sessionId, usedAt: Date.now(), session })
      const tooMany = (await store.count()) - sessions
      if (tooMany > 0) {
        const ids = await store.index('usedAt').getAllKeys(undefined, tooMany)
        await Promise.all(ids.map((id) => store.delete(id)))
      }
      await transaction.done
    },
    async remove(sessionId) {
      const { transaction, store } = await begin()
      await store.delete(sessionId)
      await transaction.done
    },
    close: () => database.close(),
  })
}
