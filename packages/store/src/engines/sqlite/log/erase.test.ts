import { DatabaseSync } from 'node:sqlite'
import { inflateRawSync } from 'node:zlib'

import { expect, test } from 'vitest'

import { listEvents } from '../../../core/reading/list-events.ts'
import { readBatch } from '../../../core/reading/read-events.ts'
import { createSessions, openStorage } from '../../../../tests/support/open-storage.ts'
import { answer, erased, prompt } from '../../../conformance/support/drafts.ts'
import { write } from '../../../conformance/support/writes.ts'
import { openTestStore, startRun, testDatabase } from '../../../../tests/support/open-test-store.ts'

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
  const words = db.prepare('SELECT block FROM words_data').all()
  db.close()
  return [...texts, ...words.map(({ block }) => Buffer.from(block as Uint8Array))].join('\n')
}

test('no row says anything of what was erased, those that are kept for other processes included', async () => {
  const { store, path, clock } = await openTestStore()
  const run = await startRun(store)
  const writer = store.writer(run)
  await writer.write({ type: 'text-delta', text: 'a secret' })
  await store.flush(run.messageId)
  await writer.write({ type: 'text-delta', text: ', and its rest' })
  await writer.finish({ reason: 'stop' }, [{ type: 'run-ended', runId: run.runId, reason: 'stop' }])
  const hits = await store.history.search({ text: 'secret', in: { principal: 'me' } })
  expect(hits).toHaveLength(1)
  for (const word of ['one', 'two', 'three']) {
    await store.append({ sessionId: run.sessionId, drafts: [prompt(word, word)] })
    await clock.advance(2_000)
  }
  expect(allText(path)).toContain('secret')
  await store.history.erase(run.sessionId, [run.messageId])
  // Also from the index of words, which keeps what was deleted from it until it is merged.
  await clock.advance(5_000)
  // The index has a word behind the letters that it shares with the one before.
  expect(allText(path)).not.toContain('ecret')
  expect(allText(path)).not.toContain('its rest')
})

test('what is erased is read nowhere, also before the blocks that have it are rewritten', async () => {
  const storage = await openStorage(testDatabase())
  await createSessions(storage, ['s'])
  await write(storage, 's', [prompt('p'), answer('a', 'a secret')])
  while (await storage.maintain({ retention: false })) continue
  await write(storage, 's', [erased('a')])
  const { events } = await readBatch(storage, 's', 0, { bytes: 1e9 })
  expect(events.map(({ type }) => type)).toEqual(['message-created', 'redacted', 'message-erased'])
  const list = await listEvents(storage, 's', {
    filter: {},
    from: 'newest',
    limit: 10,
    bytes: Infinity,
  })
  expect(JSON.stringify([events, list])).not.toContain('secret')
  expect(await storage.maintain({ erase: 's' })).toBe(false)
  expect((await readBatch(storage, 's', 0, { bytes: 1e9 })).events).toEqual(events)
})

test('what is erased with the commit that wrote it is not even in the log', async () => {
  const path = testDatabase()
  const storage = await openStorage(path)
  await createSessions(storage, ['s'])
  const slice = { sessionId: 's', at: 1 }
  await storage.commit([
    { ...slice, drafts: [prompt('p'), answer('a', 'a secret')] },
    { ...slice, drafts: [erased('a')] },
  ])
  expect(await storage.maintain({ erase: 's' })).toBe(false)
  expect(allText(path)).not.toContain('secret')
})
