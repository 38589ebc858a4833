export { type OutboxStoreCase, outboxStoreCases } from './outbox-store-cases.ts'
