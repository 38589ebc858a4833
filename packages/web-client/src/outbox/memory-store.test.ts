import { test } from 'vitest'

import { outboxStoreCases } from '../testing/outbox-store-cases.ts'
import { memoryStore } from './memory-store.ts'

test.each(outboxStoreCases)('in memory, $name', async ({ run }) => {
  const store = memoryStore()
  await run(() => store)
})
