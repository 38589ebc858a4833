import assert from 'node:assert/strict'

import type { Cursor } from '@caughtup/schema'

import { checkCursor } from '../../core/reading/cursor-verdict.ts'
import type { Cases } from '../support/bed.ts'
import { delta, finished, opened, prompt, turn } from '../support/drafts.ts'
import { maintainAll } from '../support/reads.ts'
import { write } from '../support/writes.ts'

export const cursorCases: Cases = {
  async 'stays valid at every seq, whichever opening wrote it'(bed) {
    const { storage, session } = await bed.start()
    const other = await bed.open()
    const cursors: Cursor[] = [(await storage.state(session)).cursor]
    const keep = async (writer: typeof storage, ...drafts: Parameters<typeof write>[2]) => {
      for (const draft of drafts) cursors.push((await write(writer, session, [draft])).cursor)
    }
    await keep(storage, prompt('a'), opened('m'), delta('m', 'a'), delta('m', 'b'))
    await keep(other, delta('m', 'c'), delta('m', 'd'))
    await keep(storage, delta('m', 'e'))
    await keep(await bed.open(), delta('m', 'f'))
    await keep(other, finished('m'), ...turn('b'))
    const assertGood = async (reader: typeof storage, when: string) => {
      for (const cursor of cursors) {
        assert.equal(await checkCursor(reader, session, cursor), 'ok', `${cursor.seq} ${when}`)
      }
    }
    await assertGood(storage, 'for one opening')
    await assertGood(other, 'for another')
    await maintainAll(storage)
    await assertGood(storage, 'after maintenance')
    await assertGood(await bed.open(), 'after a crash')
    assert.deepEqual(
      cursors.map(({ seq }) => seq),
      Array.from({ length: 12 }, (_, index) => index),
    )
  },

  async 'is unknown if its tag is that of another history'(bed) {
    const { storage, session } = await bed.start()
    const { cursor } = await write(storage, session, turn('a'))
    for (const seq of [0, 1, 2]) {
      const verdict = await checkCursor(storage, session, { ...cursor, seq, tag: 'other' })
      assert.equal(verdict, 'cursor-unknown')
    }
  },

  async 'is unknown in another session'(bed) {
    const { storage, session } = await bed.start()
    const other = await bed.session(storage)
    const { cursor } = await write(storage, session, turn('a'))
    await write(storage, other, turn('a'))
    assert.equal(await checkCursor(storage, other, cursor), 'cursor-unknown')
    assert.equal(await checkCursor(storage, other, { ...cursor, seq: 9 }), 'cursor-unknown')
  },

  async 'is ahead beyond the newest entry'(bed) {
    const { storage, session } = await bed.start()
    const { cursor } = await write(storage, session, turn('a'))
    assert.equal(await checkCursor(storage, session, { ...cursor, seq: 3 }), 'cursor-ahead')
  },

  async 'carries one tag for all writes of an opening, and a different one for each opening'(bed) {
    const { storage, session } = await bed.start()
    const other = await bed.open()
    const tags = []
    for (const [index, writer] of [storage, other, storage, other].entries()) {
      const { cursor } = await write(writer, session, [prompt(`p${index}`)])
      tags.push(cursor.tag)
    }
    assert.equal(tags[0], tags[2])
    assert.equal(tags[1], tags[3])
    assert.notEqual(tags[0], tags[1])
  },
}
