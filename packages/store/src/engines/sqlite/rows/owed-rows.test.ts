import { DatabaseSync } from 'node:sqlite'

import { expect, test } from 'vitest'

import { createSessions, openStorage } from '../../../../tests/support/open-storage.ts'
import { testDatabase } from '../../../../tests/support/open-test-store.ts'
import { runEnded, runStarted } from '../../../conformance/support/drafts.ts'

test.each([
  ['not JSON', '{'],
  ['no call', '{"id":"x","kind":"run-ended"}'],
  ['of an unknown reason', `json_set(body, '$.reason', 'unheard-of')`],
])(
  'a damaged row, which is %s, is dropped and counted, and the others are read',
  async (_, body) => {
    const file = testDatabase()
    const storage = await openStorage(file)
    await createSessions(storage, ['s'])
    for (const id of ['damaged', 'intact']) {
      const drafts = [runStarted(id), runEnded(id)]
      await storage.commit([{ sessionId: 's', at: 1, drafts }], { owes: true })
    }
    const other = new DatabaseSync(file)
    const value = body.startsWith('json_set') ? body : `'${body}'`
    other.exec(`UPDATE owed SET body = ${value} WHERE body LIKE '%damaged%'`)
    other.close()
    for (const limit of [2, 1]) {
      expect(await storage.owed.list(limit)).toMatchObject([{ hook: { runId: 'intact' } }])
    }
    expect(storage.stats().unreadable).toBe(1)
  },
)
