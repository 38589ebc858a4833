import { systemClock } from '@caughtup/schema/clock'
import { expect, test } from 'vitest'

import { checkCursor } from '../src/core/reading/cursor-verdict.ts'
import {
  compaction,
  deleted,
  delta,
  enqueued,
  erased,
  finished,
  imported,
  message,
  opened,
  prompt,
  redo,
  runStarted,
  turn,
  undo,
} from '../src/conformance/support/drafts.ts'
import { everything, maintainAll, shownIds } from '../src/conformance/support/reads.ts'
import { refusalOf, write, writeEach } from '../src/conformance/support/writes.ts'
import { memory } from '../src/engines/memory/index.ts'
import type { CopyPlace, SessionCopy } from '../src/port/session-copy.ts'
import type { Storage } from '../src/port/storage.ts'
import { type Engine, engines, testEngine } from './support/test-engines.ts'

const options = { clock: systemClock, random: Math.random }

async function source(engine: Engine): Promise<Storage> {
  const storage = await testEngine(engine).open(options)
  await storage.createSession({ id: 's', title: 'Title', createdAt: 1, members: ['ann', 'bob'] })
  return storage
}

async function read(storage: Storage, place?: CopyPlace): Promise<SessionCopy> {
  const copy = await storage.readSession?.('s', place)
  if (!copy) throw new Error('Both engines can be read.')
  // As from another database: nothing is shared.
  return structuredClone(copy)
}

async function copyAll(from: Storage, to: Storage): Promise<number> {
  let stretches = 0
  for (let place: CopyPlace | undefined; ;) {
    const copy = await read(from, place)
    await to.writeSession?.(copy)
    stretches++
    place = copy.next
    if (!place) return stretches
  }
}

async function assertSame(from: Storage, to: Storage): Promise<void> {
  for (const principal of ['ann', 'bob']) {
    const [one, two] = [
      await everything(from, 's', principal),
      await everything(to, 's', principal),
    ]
    const { revision: _, ...row } = one.activity ?? {}
    expect(two).toMatchObject({ ...one, activity: row })
  }
  expect(await to.members('s')).toEqual(await from.members('s'))
}

test.each(engines)(
  'a session of %s is the same in another database, with its cursors',
  async (engine) => {
    const from = await source(engine)
    const results = [
      ...(await writeEach(from, 's', [...turn('a'), compaction('c'), ...turn('b')])),
      await write(from, 's', [imported([message('i', 'There')], { i: 2 })]),
      ...(await writeEach(from, 's', [...turn('d'), deleted('d-answer'), erased('b-answer')])),
      await write(from, 's', [{ type: 'usage', add: { inputTokens: 1 }, child: 'child' }]),
      ...(await writeEach(from, 's', [...turn('e'), undo])),
    ]
    await from.markRead('s', 'bob', 2)
    const to = await memory().open(options)
    await copyAll(from, to)
    await assertSame(from, to)
    for (const { cursor } of results) expect(await checkCursor(to, 's', cursor)).toBe('ok')
    const names = { identities: ['i'], messageIds: ['d-answer', 'e-prompt', 'new'] }
    expect(await to.lookup('s', names)).toEqual(await from.lookup('s', names))
    expect(await refusalOf(to, 's', [prompt('d-answer')])).toBe('message-gone')
    const usage = { type: 'usage', add: {}, child: 'child' } as const
    expect(await refusalOf(to, 's', [usage])).toBe('counted-already')
    for (const storage of [from, to]) await write(storage, 's', [redo])
    expect(await shownIds(to, 's')).toEqual(await shownIds(from, 's'))
  },
)

test.each(engines)('a run of %s goes on in another database', async (engine) => {
  const from = await source(engine)
  await write(from, 's', [runStarted('r'), prompt('p'), opened('m'), enqueued('q')])
  for (let index = 0; index < 50; index++) await write(from, 's', [delta('m', `${index} `)])
  const to = await memory().open(options)
  await copyAll(from, to)
  await assertSame(from, to)
  const [run] = await to.activeRuns()
  expect(run?.head.run?.id).toBe('r')
  expect(run?.lease).toBeUndefined()
  for (const storage of [from, to]) await write(storage, 's', [delta('m', 'end'), finished('m')])
  expect(await to.message('s', 'm')).toEqual(await from.message('s', 'm'))
})

test.each(engines)('a long session of %s is copied in bounded stretches', async (engine) => {
  const from = await source(engine)
  const messages = Array.from({ length: 1_200 }, (_, index) => message(`m${index}`, 'x'))
  await write(from, 's', [imported(messages, { a: 1 })])
  for (let index = 0; index < 20; index++) {
    await write(from, 's', [prompt(`p${index}`, 'y'.repeat(200_000))])
  }
  await maintainAll(from)
  const to = await memory().open(options)
  expect(await copyAll(from, to)).toBeGreaterThan(5)
  await assertSame(from, to)
})

test.each(engines)(
  'a copy of %s is hidden until it is complete, and begins anew',
  async (engine) => {
    const from = await source(engine)
    await writeEach(from, 's', [...turn('a'), ...turn('b')])
    const to = await memory().open(options)
    const first = await read(from)
    await to.writeSession?.(first)
    expect(await to.session('s')).toBeUndefined()
    expect(await to.members('s')).toEqual([])
    await write(from, 's', [prompt('c')])
    await expect(read(from, first.next)).rejects.toMatchObject({ code: 'CONFLICT' })
    await copyAll(from, to)
    await assertSame(from, to)
    await expect(copyAll(from, to)).rejects.toMatchObject({ code: 'CONFLICT' })
  },
)
