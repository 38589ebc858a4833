export { indexedDbOutbox } from './indexed-db-outbox.ts'
export { indexedDbOutboxStore, type UserDatabase } from './indexed-db-outbox-store.ts'
