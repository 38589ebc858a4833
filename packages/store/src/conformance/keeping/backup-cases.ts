import assert from 'node:assert/strict'

import { checkCursor } from '../../core/reading/cursor-verdict.ts'
import type { Storage } from '../../port/storage.ts'
import type { Bed, Cases, TestDatabase } from '../support/bed.ts'
import { delta, finished, opened, prompt, runStarted, turn, undo } from '../support/drafts.ts'
import { assertFails, everything, shownIds, maintainAll } from '../support/reads.ts'
import { write, writeEach } from '../support/writes.ts'

type Check = (
  bed: Bed,
  target: NonNullable<TestDatabase['backup']>,
  backup: (storage: Storage, signal?: AbortSignal) => Promise<void>,
) => Promise<void>

/** Skips an engine without backups. */
const withBackup = (check: Check) => async (bed: Bed) => {
  if (!(await bed.open()).backup) return
  const { backup: target } = bed.database
  assert(target, 'For an engine that makes backups, `open` names their path.')
  await check(bed, target, async (storage, signal) => storage.backup?.(target.path, signal))
}

export const backupCases: Cases = {
  'is a copy that opens and has everything': withBackup(async (bed, { factory }, backup) => {
    const { storage, session } = await bed.start()
    const other = await bed.session(storage)
    await writeEach(storage, session, [...turn('a'), ...turn('b'), undo])
    await maintainAll(storage)
    await writeEach(storage, other, [runStarted('r'), prompt('a'), opened('m'), delta('m', 'x')])
    await backup(storage)
    const copy = await bed.open(factory)
    for (const id of [session, other]) {
      assert.deepEqual(await everything(copy, id), await everything(storage, id))
    }
    await write(copy, other, [delta('m', 'y'), finished('m')])
    assert.equal((await storage.state(other)).head.seq, 4)
  }),

  'shows one moment, while writes continue': withBackup(async (bed, { factory }, backup) => {
    const { storage, session } = await bed.start()
    const text = 'x'.repeat(10_000)
    for (let index = 0; index < 100; index++)
      await write(storage, session, [prompt(`a${index}`, text)])
    const done = backup(storage)
    const during = []
    for (let index = 0; index < 50; index++) {
      during.push(await write(storage, session, [prompt(`b${index}`, text)]))
    }
    await done
    const copy = await bed.open(factory)
    const ids = await shownIds(copy, session)
    assert(ids.length >= 100)
    assert.deepEqual(ids, (await shownIds(storage, session)).slice(0, ids.length))
    assert.equal((await copy.state(session)).head.seq, ids.length)
    assert.equal((await storage.state(session)).head.seq, 150)
  }),

  'gives later writes another history': withBackup(async (bed, { factory }, backup) => {
    const { storage, session } = await bed.start()
    const before = await write(storage, session, turn('a'))
    await backup(storage)
    const lost = await write(storage, session, turn('b'))
    const copy = await bed.open(factory)
    assert.equal(await checkCursor(copy, session, before.cursor), 'ok')
    assert.equal(await checkCursor(copy, session, lost.cursor), 'cursor-ahead')
    await write(copy, session, turn('c'))
    assert.equal(await checkCursor(copy, session, before.cursor), 'ok')
    assert.equal(await checkCursor(copy, session, lost.cursor), 'cursor-unknown')
    await write(copy, session, turn('d'))
    assert.equal(await checkCursor(copy, session, lost.cursor), 'cursor-unknown')
  }),

  'leaves an existing file alone': withBackup(async (bed, { factory }, backup) => {
    const { storage, session } = await bed.start()
    await write(storage, session, turn('a'))
    await backup(storage)
    await write(storage, session, turn('b'))
    await assert.rejects(backup(storage))
    const copy = await bed.open(factory)
    assert.deepEqual(await shownIds(copy, session), ['a-prompt', 'a-answer'])
  }),

  'rejects with the reason of its signal, and can be made again': withBackup(
    async (bed, { factory }, backup) => {
      const { storage, session } = await bed.start()
      await write(storage, session, turn('a'))
      const reason = new Error('No longer wanted.')
      await assert.rejects(backup(storage, AbortSignal.abort(reason)), (error) => error === reason)
      await backup(storage)
      const copy = await bed.open(factory)
      assert.deepEqual(await shownIds(copy, session), ['a-prompt', 'a-answer'])
    },
  ),

  'fails once its storage is closed': withBackup(async (bed, _, backup) => {
    const storage = await bed.open()
    await storage.close()
    await assertFails(backup(storage), 'closed', 'backup')
  }),
}
