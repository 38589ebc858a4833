import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

import type { EventDraft } from '@caughtup/schema'
import { expect, onTestFinished, test } from 'vitest'

import { createSessions, openStorage } from '../../../../tests/support/open-storage.ts'
import { dequeued, enqueued, runEnded, runStarted } from '../../../conformance/support/drafts.ts'
import { write } from '../../../conformance/support/writes.ts'
import { testDatabase } from '../../../../tests/support/open-test-store.ts'

test('a commit writes what changes in a long queue, and nothing of what stays in it', async () => {
  const file = testDatabase()
  const storage = await openStorage(file)
  await createSessions(storage, ['s'])
  await write(storage, 's', [runStarted('r')])
  const parts = [{ type: 'text' as const, text: 'x'.repeat(100_000) }]
  for (let n = 0; n < 20; n++) {
    const names = { runId: `q${n}`, messageId: `m${n}` }
    const add = { kind: 'agent' as const, ...names, parts, queuedAt: 1 }
    await write(storage, 's', [{ type: 'queue-changed', add }])
  }
  const other = new DatabaseSync(file)
  onTestFinished(() => other.close())
  const written = async (draft: EventDraft) => {
    other.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    await write(storage, 's', [draft])
    return statSync(`${file}-wal`).size
  }
  const small: EventDraft[] = [enqueued('small'), dequeued('small'), runEnded('r')]
  for (const draft of small) expect(await written(draft)).toBeLessThan(50_000)
})
