import { DatabaseSync } from 'node:sqlite'
import { inflateRawSync } from 'node:zlib'

import { expect, test } from 'vitest'

import { openTestStore, startRun } from '../testing/open-test-store.ts'

/** Everything that the tables say, blocks in plain text. */
function allText(file: string): string {
  const db = new DatabaseSync(file, { readOnly: true })
  const texts = ['sessions', 'messages', 'log', 'blocks', 'remembered'].flatMap((table) =>
    db
      .prepare(`SELECT * FROM ${table}`)
      .all()
      .flatMap((row) => Object.values(row))
      .map((value) =>
        value instanceof Uint8Array ? inflateRawSync(value).toString() : String(value),
      ),
  )
  const found = db.prepare('SELECT count(*) AS n FROM words WHERE words MATCH ?').get('secret')
  db.close()
  return `${texts.join('\n')}\n${'secret'.repeat(Number(found?.['n']))}`
}

test('no row says anything of what was erased, those that are kept for other processes included', async () => {
  const { store, path } = await openTestStore()
  const run = await startRun(store)
  const writer = store.writer(run)
  await writer.write({ type: 'text-delta', text: 'a secret' })
  await store.flush(run.messageId)
  await writer.write({ type: 'text-delta', text: ', and its rest' })
  await writer.finish({ reason: 'stop' }, [{ type: 'run-ended', runId: run.runId, reason: 'stop' }])
  const hits = await store.history.search({ text: 'secret', in: { principal: 'me' } })
  expect(hits).toHaveLength(1)
  expect(allText(path)).toContain('secret')
  await store.history.erase(run.sessionId, [run.messageId])
  expect(allText(path)).not.toContain('secret')
  expect(allText(path)).not.toContain('its rest')
})
