import { copyFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

import { describe, expect, test } from 'vitest'

import { checkCursor } from '../../src/core/reading/cursor-verdict.ts'
import type { Store } from '../../src/store.ts'
import { delta, opened, prompt, truncated } from '../../src/conformance/support/drafts.ts'
import { tryWrite, write } from '../../src/conformance/support/writes.ts'
import { ended, openTestStore, startRun, testDatabase } from '../support/open-test-store.ts'
import { readWhole } from '../support/check-database.ts'
import { createSessions, openStorage } from '../support/open-storage.ts'
import { engines, testEngine } from '../support/test-engines.ts'

const text = (value: string) => ({ type: 'text-delta' as const, text: value })

async function textOf(
  store: Store,
  { sessionId, messageId }: { sessionId: string; messageId: string },
) {
  const message = await store.message(sessionId, messageId)
  return message?.parts.map((part) => ('text' in part ? part.text : '')).join('')
}

describe.each(engines)('on %s', (engine) => {
  test('a value without a JSON form fails its own call, and the rest of the window is committed', async () => {
    const { store, clock } = await openTestStore({ storage: testEngine(engine) })
    const [bad, good] = [await startRun(store), await startRun(store)]
    const [badWriter, goodWriter] = [store.writer(bad), store.writer(good)]
    await badWriter.write(text('before'))
    await goodWriter.write(text('good'))
    await expect(badWriter.write({ type: 'data-x', data: 1n })).rejects.toMatchObject({
      code: 'BAD_INPUT',
      data: { reason: 'not-json' },
    })
    const drafts = [{ type: 'queue-changed', remove: 1n }] as never
    await expect(store.append({ sessionId: bad.sessionId, drafts })).rejects.toMatchObject({
      code: 'BAD_INPUT',
    })
    const { commits } = store.stats()
    await clock.advance(33)
    expect(store.stats()).toMatchObject({ commits: commits + 1, unflushedBytes: 0, retries: 0 })
    expect(await textOf(store, bad)).toBe('before')
    expect(await textOf(store, good)).toBe('good')
  })

  test('a superseded run fails its own writer, and the rest of the window is committed', async () => {
    const { store, clock } = await openTestStore({ storage: testEngine(engine) })
    const [old, good] = [await startRun(store), await startRun(store)]
    await store.append({ sessionId: old.sessionId, drafts: [ended(old.runId)] })
    const [oldWriter, goodWriter] = [store.writer(old), store.writer(good)]
    await oldWriter.write(text('late'))
    await goodWriter.write(text('good'))
    const { commits } = store.stats()
    await clock.advance(33)
    expect(store.stats()).toMatchObject({ commits: commits + 1, unflushedBytes: 0, retries: 0 })
    expect(await textOf(store, good)).toBe('good')
    expect(await textOf(store, old)).toBe('')
    const refusal = { code: 'CONFLICT', data: { reason: 'run-superseded' } }
    await expect(oldWriter.write(text('later'))).rejects.toMatchObject(refusal)
    await expect(oldWriter.finish({ reason: 'stop' })).rejects.toMatchObject(refusal)
  })

  test('a refusal keeps every cursor valid', async () => {
    const factory = testEngine(engine)
    const first = await openStorage(factory)
    await createSessions(first, ['s'])
    const { cursor } = await write(first, 's', [prompt('p')])
    await first.close()
    const storage = await openStorage(factory)
    const guard = { is: 'run', runId: 'none' } as const
    expect(await tryWrite(storage, 's', [prompt('q')], { guard })).toEqual({
      refused: 'guard-failed',
    })
    expect((await storage.state('s')).cursor).toEqual(cursor)
    expect(await checkCursor(storage, 's', cursor)).toBe('ok')
  })
})

test('a violated constraint fails its own callers, and the rest of the window is committed', async () => {
  const { store, clock, path } = await openTestStore()
  const runs = await Promise.all(Array.from({ length: 8 }, () => startRun(store)))
  const db = new DatabaseSync(path)
  db.exec(`CREATE TRIGGER poison BEFORE INSERT ON log WHEN NEW.body LIKE '%poison%'
    BEGIN SELECT RAISE(ABORT, 'no poison here'); END`)
  db.close()
  const writers = runs.map((run) => store.writer(run))
  const isBad = (index: number) => index === 2 || index === 5
  for (const [index, writer] of writers.entries()) {
    await writer.write(text(isBad(index) ? 'poison' : 'good'))
  }
  const [, , bad] = runs
  const append = store.append({ sessionId: bad!.sessionId, drafts: [prompt('p', 'poison')] })
  await expect(append).rejects.toThrow('no poison here')
  await clock.advance(33)
  expect(store.stats()).toMatchObject({ unflushedBytes: 0, retries: 0 })
  for (const [index, run] of runs.entries()) {
    expect(await textOf(store, run)).toBe(isBad(index) ? '' : 'good')
    const next = writers[index]!.write(text(' more'))
    const outcome = await next.then(() => 'taken', String)
    expect(outcome).toContain(isBad(index) ? 'no poison here' : 'taken')
  }
})

test('a refused history change reuses no seq after a crash', async () => {
  const [file, crashed] = [testDatabase(), testDatabase()]
  const storage = await openStorage(file)
  await createSessions(storage, ['s'])
  const run = { id: 'r', kind: 'agent', status: 'streaming', startedAt: 1 } as const
  await write(storage, 's', [{ type: 'run-started', run }, opened('m')])
  await write(storage, 's', [delta('m', 'on disk')])
  const before = await storage.state('s')
  expect(await tryWrite(storage, 's', [truncated()])).toEqual({ refused: 'guard-failed' })
  for (const end of ['', '-wal']) copyFileSync(`${file}${end}`, `${crashed}${end}`)
  const again = await openStorage(crashed)
  expect(await again.state('s')).toEqual(before)
  await readWhole(again, 's')
})

test('a session that cannot be packed does not prevent packing, searching and maintaining others', async () => {
  const path = testDatabase()
  const { store, clock } = await openTestStore({ path })
  const db = new DatabaseSync(path)
  db.exec(`CREATE TRIGGER poison BEFORE INSERT ON blocks WHEN NEW.session = 1
    BEGIN SELECT RAISE(ABORT, 'poison'); END`)
  const runs = []
  for (let n = 0; n < 3; n++) runs.push(await startRun(store))
  for (const run of runs) {
    const writer = store.writer(run)
    await writer.write({ type: 'text-delta', text: 'findable' })
    await writer.finish({ reason: 'stop' }, [ended(run.runId)])
  }
  await clock.advance(5_000)
  const [bad, ...good] = runs
  expect(db.prepare('SELECT DISTINCT session FROM blocks').all()).toHaveLength(good.length)
  expect(store.stats().upkeepFailures).toBeGreaterThan(0)
  for (const { sessionId } of good) {
    const hits = await store.history.search({ text: 'findable', in: { sessionId } })
    expect(hits).toHaveLength(1)
  }
  expect((await store.window(bad?.sessionId ?? '')).messages).toHaveLength(2)
  db.exec('DROP TRIGGER poison')
  db.close()
  await clock.advance(120_000)
  expect(store.stats().unpackedEvents).toBe(0)
})

test('a large commit is made once, though its session cannot be packed', async () => {
  const path = testDatabase()
  const { store } = await openTestStore({ path })
  const db = new DatabaseSync(path)
  db.exec("CREATE TRIGGER poison BEFORE INSERT ON blocks BEGIN SELECT RAISE(ABORT, 'poison'); END")
  const runs = [await startRun(store), await startRun(store)]
  const much = 'x'.repeat(2_000_000)
  await Promise.all(runs.map((run) => store.writer(run).write(text(much))))
  await store.flushAll()
  for (const run of runs) {
    expect((await store.head(run.sessionId)).cursor.seq).toBe(4)
    expect(await textOf(store, run)).toBe(much)
  }
  db.exec('DROP TRIGGER poison')
  db.close()
})
