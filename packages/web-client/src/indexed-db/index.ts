export { forgetUser } from './forget-user.ts'
export { type CacheOptions, indexedDbCache } from './indexed-db-cache.ts'
export { indexedDbOutbox } from './indexed-db-outbox.ts'
export { indexedDbOutboxStore, type UserDatabase } from './indexed-db-outbox-store.ts'
