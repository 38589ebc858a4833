import assert from 'node:assert/strict'

import { type Clock, systemClock } from '@caughtup/schema/clock'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { type CopyProgress, copySessions } from '../../src/copy/copy-sessions.ts'
import { turn } from '../../src/conformance/support/drafts.ts'
import { write, writeEach } from '../../src/conformance/support/writes.ts'
import { memory } from '../../src/engines/memory/index.ts'
import { sqlite } from '../../src/engines/sqlite/index.ts'
import type { StorageFactory } from '../../src/port/storage.ts'
import { step } from '../differential/any-call.ts'
import { resume } from '../faults/resume.ts'
import { crashableEngines } from '../support/crashable-engine.ts'
import { long } from '../support/long.ts'
import { testDatabase } from '../support/open-test-store.ts'
import { testEngine, withCalls } from '../support/test-engines.ts'
import { image } from './image.ts'
import { runProgram, using } from './random-source.ts'

interface Cut {
  /** Of all that are written. */
  stretch: number
  /** Whether it is written before the end. */
  written: boolean
}

const cuts = fc.array(
  fc.record({ stretch: fc.integer({ min: 1, max: 12 }), written: fc.boolean() }),
  {
    maxLength: 4,
  },
)

class Interrupted extends Error {}

/** A database that stops in the middle of a copying. */
function cutAt(factory: StorageFactory, { stretch, written }: Cut): StorageFactory {
  let stretches = 0
  return withCalls(factory, (real) => ({
    async writeSession(copy) {
      stretches += 1
      if (stretches === stretch && !written) throw new Interrupted()
      await real.writeSession(copy)
      if (stretches === stretch) throw new Interrupted()
    },
  }))
}

async function interrupt(from: StorageFactory, to: StorageFactory, cut: Cut): Promise<void> {
  try {
    await copySessions({ from, to: cutAt(to, cut) })
  } catch (error) {
    assert(error instanceof Interrupted, String(error))
  }
}

/** A clock with which nobody waits long for a lock. */
const fast: Clock = {
  now: () => systemClock.now(),
  monotonic: () => systemClock.monotonic() * 100,
  after: (ms, callback) => systemClock.after(ms, callback),
}

/** Shrinking takes minutes on a server: the seed that is printed is run again with it. */
const runs = { numRuns: long ? 500 : 10, endOnFailure: true }

describe.each([
  ['sqlite', 'postgres'],
  ['postgres', 'sqlite'],
  ['sqlite', 'memory'],
] as const)('sessions of %s that are copied to %s', (source, target) => {
  test(
    'are the same by every read, wherever the copying was interrupted; clients go on with their cursors',
    { timeout: long ? 1_800_000 : 120_000 },
    async () => {
      const program = fc.array(step, { maxLength: 60, size: 'max' })
      const property = fc.asyncProperty(program, cuts, async (steps, interruptions) => {
        const [one, two] = [crashableEngines[source](), crashableEngines[target]()]
        const [from, to] = [one.factory, two.factory]
        try {
          const { names, clients } = await runProgram(one, steps)
          const before = await using(from, (storage) => image(storage, names))
          for (const cut of interruptions) await interrupt(from, to, cut)
          const first = await copySessions({ from, to })
          const again = await copySessions({ from, to })
          expect(again).toEqual({ copied: 0, known: first.copied + first.known, unreadable: 0 })
          const after = await using(to, (storage) => image(storage, names))
          expect(after).toEqual(before)
          expect(await using(from, (storage) => image(storage, names))).toEqual(before)
          const returned = (factory: StorageFactory) =>
            using(factory, async (storage) => {
              const views = []
              for (const client of clients) {
                if (await storage.session(client.sessionId)) {
                  views.push(await resume(storage, client))
                }
              }
              return views
            })
          expect(await returned(to)).toEqual(await returned(from))
        } finally {
          await one.dispose()
          await two.dispose()
        }
      })
      await fc.assert(property, runs)
    },
  )
})

/** A file with sessions of two turns each. */
async function sourceFile(ids: readonly string[]): Promise<string> {
  const file = testDatabase()
  await using(sqlite({ path: file }), async (storage) => {
    for (const [index, id] of ids.entries()) {
      await storage.createSession({ id, title: id, createdAt: index, members: ['ann'] })
      await writeEach(storage, id, [...turn('a'), ...turn('b')])
    }
  })
  return file
}

test('a copying tells of each stretch, and of the sessions so far', async () => {
  const from = sqlite({ path: await sourceFile(['s1', 's2']) })
  const to = testEngine('postgres')
  const progress: CopyProgress[] = []
  const sum = await copySessions({ from, to, onProgress: (each) => progress.push(each) })
  expect(sum).toEqual({ copied: 2, known: 0, unreadable: 0 })
  expect(progress.map(({ sessionId, stretch, copied }) => [sessionId, stretch, copied])).toEqual([
    ['s1', 1, 0],
    ['s1', 2, 0],
    ['s1', 3, 0],
    ['s2', 1, 1],
    ['s2', 2, 1],
    ['s2', 3, 1],
  ])
})

test('a copying takes more sessions than it asks for at once', async () => {
  const path = testDatabase()
  await using(sqlite({ path }), async (storage) => {
    for (let index = 0; index < 250; index++) {
      await storage.createSession({ id: `s${index}`, title: '', createdAt: 1, members: ['ann'] })
    }
  })
  const sum = await copySessions({ from: sqlite({ path }), to: memory() })
  expect(sum).toEqual({ copied: 250, known: 0, unreadable: 0 })
})

test('a copying that is aborted ends after a stretch, and shows no half of a session', async () => {
  const from = sqlite({ path: await sourceFile(['s1', 's2']) })
  const to = testEngine('postgres')
  const ending = new AbortController()
  const reason = new Error('enough')
  const copying = copySessions({
    from,
    to,
    signal: ending.signal,
    onProgress: ({ sessionId, stretch }) => {
      if (sessionId === 's2' && stretch === 2) ending.abort(reason)
    },
  })
  await expect(copying).rejects.toBe(reason)
  expect(await using(to, (storage) => storage.session('s2'))).toBeUndefined()
  expect(await copySessions({ from, to })).toEqual({ copied: 1, known: 1, unreadable: 0 })
})

test('another session of the same id is named, and neither of them changes', async () => {
  const from = sqlite({ path: await sourceFile(['s1', 's2']) })
  const to = testEngine('postgres')
  await using(to, async (storage) => {
    await storage.createSession({ id: 's2', title: 'Other', createdAt: 1, members: ['bob'] })
  })
  await expect(copySessions({ from, to })).rejects.toMatchObject({
    code: 'CONFLICT',
    data: { reason: 'session-exists', value: 's2' },
  })
  expect((await using(to, (storage) => storage.session('s2')))?.title).toBe('Other')
})

test('a session that goes on in the target is known, and one that goes on in the source is refused', async () => {
  const file = await sourceFile(['s1', 's2'])
  const from = sqlite({ path: file })
  const to = testEngine('postgres')
  await copySessions({ from, to })
  await using(to, (storage) => writeEach(storage, 's1', turn('c')))
  expect(await copySessions({ from, to })).toEqual({ copied: 0, known: 2, unreadable: 0 })
  await using(from, (storage) => writeEach(storage, 's2', turn('d')))
  await expect(copySessions({ from, to })).rejects.toMatchObject({
    code: 'CONFLICT',
    data: { reason: 'session-changed', value: 's2' },
  })
})

test('of two copyings that are at the same session, the one that was overtaken is refused', async () => {
  const from = sqlite({ path: await sourceFile(['s1']) })
  const to = testEngine('postgres')
  let overtaking: Promise<unknown> = Promise.resolve()
  const slow = withCalls(to, (real) => ({
    async writeSession(copy) {
      if (copy.stretch === 2)
        await (overtaking = interrupt(from, to, { stretch: 1, written: true }))
      // The other one has written the first stretch anew, so this is the next of its copy.
      if (copy.stretch === 3) await interrupt(from, to, { stretch: 1, written: true })
      await real.writeSession(copy)
    },
  }))
  await expect(copySessions({ from, to: slow })).rejects.toMatchObject({
    code: 'CONFLICT',
    data: { reason: 'copy-overtaken', value: 's1' },
  })
  await overtaking
  expect(await copySessions({ from, to })).toMatchObject({ copied: 1 })
})

test('a file that is opened exclusively is refused while another has it open, and to others then', async () => {
  const path = await sourceFile(['s1'])
  const options = { clock: fast, random: Math.random }
  const server = await sqlite({ path }).open(options)
  const exclusive = sqlite({ path, exclusive: true })
  await expect(exclusive.open(options)).rejects.toMatchObject({ failure: 'busy' })
  await write(server, 's1', turn('c').slice(0, 1))
  await server.close()
  const copier = await exclusive.open(options)
  await expect(sqlite({ path }).open(options)).rejects.toMatchObject({ failure: 'busy' })
  expect((await copier.state('s1')).head.seq).toBeGreaterThan(0)
  await copier.close()
  await using(sqlite({ path }), (storage) => storage.session('s1'))
})
