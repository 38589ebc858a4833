import { expect, test } from 'vitest'

import { openTestStore } from '../../tests/support/open-test-store.ts'
import type { IdleQuery } from '../port/sessions.ts'

test('idle sessions come in pages of at most `pageMost`', async () => {
  const { store } = await openTestStore({ limits: { pageMost: 2 } })
  const until = store.clock.now() + 60_000
  for (let n = 0; n < 3; n++) await store.sessions.create({ owner: 'me' })
  const page = await store.idleSessions({ until, limit: 2 })
  const [last] = page.slice(-1)
  const rest = await store.idleSessions({ until, limit: 2, ...(last && { after: last }) })
  expect(new Set([...page, ...rest].map(({ sessionId }) => sessionId)).size).toBe(3)
})

test.each<[string, object]>([
  ['limit', { until: 1, limit: 201 }],
  ['limit', { until: 1 }],
  ['until', { until: Number.NaN, limit: 1 }],
  ['until', { limit: 1 }],
  ['after.updatedAt', { until: 1, limit: 1, after: { sessionId: 'a' } }],
  ['after.sessionId', { until: 1, limit: 1, after: { sessionId: '', updatedAt: 1 } }],
])('a query of idle sessions with a wrong %s is refused: %j', async (field, query) => {
  const { store } = await openTestStore()
  await expect(store.idleSessions(query as IdleQuery)).rejects.toMatchObject({
    code: 'BAD_INPUT',
    data: { field },
  })
})
