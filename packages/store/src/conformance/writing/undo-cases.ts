import assert from 'node:assert/strict'

import type { EventDraft } from '@caughtup/schema'

import { readPage } from '../../core/reading/read-page.ts'
import type { Storage } from '../../port/storage.ts'
import type { Bed, Cases } from '../support/bed.ts'
import {
  answer,
  compaction,
  deleted,
  imported,
  message,
  prompt,
  redo,
  replaced,
  reset,
  truncated,
  turn,
  undo,
} from '../support/drafts.ts'
import { allMessages, shownIds, unbounded, rowOf } from '../support/reads.ts'
import { refusalOf, write, writeEach } from '../support/writes.ts'

async function canDo(storage: Storage, sessionId: string): Promise<[boolean, boolean]> {
  const { head } = await storage.state(sessionId)
  return [head.canUndo, head.canRedo]
}

/** Asserts that an undo cannot be redone after `drafts`, and what became of what it hid. */
async function ends(
  bed: Bed,
  drafts: readonly EventDraft[],
  hidden: 'message-exists' | 'message-gone',
): Promise<void> {
  const { storage, session } = await bed.start()
  await writeEach(storage, session, [...turn('a'), ...turn('b'), undo, ...drafts])
  assert.equal((await canDo(storage, session))[1], false)
  const again = await bed.open()
  for (const each of [storage, again]) {
    assert.equal(await refusalOf(each, session, [redo]), 'nothing-to-redo')
    assert.equal(await refusalOf(each, session, [prompt('b-prompt')]), hidden)
  }
}

export const undoCases: Cases = {
  async 'hides the newest prompt and everything after it'(bed) {
    const { storage, session } = await bed.start()
    await writeEach(storage, session, [...turn('a'), ...turn('b'), answer('b2')])
    const { events } = await write(storage, session, [undo])
    const [event] = events
    assert(event?.type === 'history-truncated')
    assert.deepEqual([event.after, event.count, event.canUndo, event.canRedo], [2, 3, true, true])
    assert.deepEqual(await shownIds(storage, session), ['a-prompt', 'a-answer'])
    assert.equal((await storage.state(session)).messageCount, 2)
    assert.equal(await storage.message(session, 'b-answer'), undefined)
    const { messages } = await readPage(storage, session, { before: 100 }, unbounded)
    assert.equal(messages.length, 2)
    const found = await storage.search({ text: 'Answer b', in: { sessionId: session }, limit: 9 })
    assert.deepEqual(found, [])
    assert.equal((await rowOf(storage, 'ann', session))?.unread, 1)
  },

  async 'leaves everything before the first prompt'(bed) {
    const { storage, session } = await bed.start()
    await writeEach(storage, session, [...turn('a'), compaction('s'), answer('x'), ...turn('b')])
    await write(storage, session, [undo])
    assert.deepEqual(await shownIds(storage, session), ['s', 'x'])
    assert.deepEqual(await canDo(storage, session), [false, true])
  },

  async 'restores undone messages as they were'(bed) {
    const { storage, session } = await bed.start()
    await writeEach(storage, session, [...turn('a'), ...turn('b'), undo])
    const { events } = await write(storage, session, [redo])
    const [event] = events
    assert(event?.type === 'history-restored')
    assert.deepEqual([event.canUndo, event.canRedo], [true, false])
    const messages = await allMessages(storage, session)
    assert.deepEqual(event.messages, messages.slice(2))
    assert.deepEqual(
      messages.map(({ id, order, revision }) => [id, order, revision]),
      [
        ['a-prompt', 1, 1],
        ['a-answer', 2, 2],
        ['b-prompt', 3, 3],
        ['b-answer', 4, 4],
      ],
    )
    assert.equal((await storage.state(session)).messageCount, 4)
    const found = await storage.search({ text: 'Answer b', in: { sessionId: session }, limit: 9 })
    assert.deepEqual(
      found.map(({ messageId }) => messageId),
      ['b-answer'],
    )
  },

  async 'goes back several turns and forth again, newest undo first'(bed) {
    const { storage, session } = await bed.start()
    await writeEach(storage, session, [...turn('a'), ...turn('b'), ...turn('c')])
    const counts: unknown[] = []
    for (const draft of [undo, undo, undo, redo, redo, undo, redo, redo]) {
      await write(await bed.open(), session, [draft])
      counts.push([
        (await allMessages(storage, session)).length,
        ...(await canDo(storage, session)),
      ])
    }
    assert.deepEqual(counts, [
      [4, true, true],
      [2, true, true],
      [0, false, true],
      [2, true, true],
      [4, true, true],
      [2, true, true],
      [4, true, true],
      [6, true, false],
    ])
    assert.deepEqual(
      (await allMessages(storage, session)).map(({ id, order }) => [id, order]),
      ['a-prompt', 'a-answer', 'b-prompt', 'b-answer', 'c-prompt', 'c-answer'].map((id, index) => [
        id,
        index + 1,
      ]),
    )
  },

  async 'can still be redone after an earlier message is deleted or replaced'(bed) {
    const { storage, session } = await bed.start()
    await writeEach(storage, session, [...turn('a'), ...turn('b'), undo, deleted('a-prompt')])
    await write(storage, session, [replaced('a-answer', 'Better')])
    assert.deepEqual(await canDo(storage, session), [false, true])
    await write(storage, session, [redo])
    assert.deepEqual(await shownIds(storage, session), ['a-answer', 'b-prompt', 'b-answer'])
  },

  'ends with a new prompt': (bed) => ends(bed, [prompt('c')], 'message-exists'),
  'ends with a new answer': (bed) => ends(bed, [answer('c')], 'message-exists'),
  'ends with an import': (bed) => ends(bed, [imported([message('i', 'x')])], 'message-exists'),
  'ends with a compaction': (bed) => ends(bed, [compaction('s')], 'message-exists'),
  'ends with a reset': (bed) => ends(bed, [reset()], 'message-exists'),
  'is removed with a truncation': (bed) => ends(bed, [truncated('a-prompt')], 'message-gone'),
  'is removed with a truncation of nothing': (bed) =>
    ends(bed, [truncated('a-answer')], 'message-gone'),

  async 'never gives an order again'(bed) {
    const { storage, session } = await bed.start()
    await writeEach(storage, session, [...turn('a'), undo, prompt('b')])
    assert.equal((await storage.message(session, 'b'))?.order, 3)
  },
}
