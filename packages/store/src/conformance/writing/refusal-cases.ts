import assert from 'node:assert/strict'

import type { EventDraft } from '@caughtup/schema'

import type { Refusal } from '../../port/commit.ts'
import type { Bed, Cases } from '../support/bed.ts'
import {
  answer,
  compaction,
  deleted,
  delta,
  erased,
  finished,
  imported,
  message,
  opened,
  prompt,
  redo,
  replaced,
  reset,
  truncated,
  turn,
  undo,
} from '../support/drafts.ts'
import { everything, usedIds } from '../support/reads.ts'
import { refusalOf, write, writeEach } from '../support/writes.ts'

/** Asserts that each draft is refused for that reason after the first drafts, and changes nothing. */
async function refuses(
  bed: Bed,
  first: readonly EventDraft[],
  refusal: Refusal,
  drafts: readonly EventDraft[],
): Promise<void> {
  const { storage, session } = await bed.start()
  await writeEach(storage, session, first)
  const before = await everything(storage, session)
  for (const draft of drafts) {
    const what = JSON.stringify(draft)
    assert.equal(await refusalOf(storage, session, [draft]), refusal, what)
    assert.deepEqual(await everything(storage, session), before, what)
  }
}

/** Every draft that creates a message with that id. */
const making = (id: string): EventDraft[] => [
  prompt(id),
  opened(id),
  compaction(id),
  imported([message(id, 'x')]),
]

export const refusalCases: Cases = {
  'refuses the id of an existing message': (bed) =>
    refuses(bed, [prompt('a')], 'message-exists', making('a')),

  'refuses the id of a message that is open': (bed) =>
    refuses(bed, [opened('a')], 'message-exists', making('a')),

  'refuses the id of a message of an older epoch': (bed) =>
    refuses(bed, [prompt('a'), reset()], 'message-exists', making('a')),

  'refuses the id of a summary': (bed) =>
    refuses(bed, [compaction('a')], 'message-exists', making('a')),

  'refuses the id of a message that an undo hides': (bed) =>
    refuses(bed, [...turn('a'), undo], 'message-exists', making('a-prompt')),

  'refuses the id of a message that was deleted': (bed) =>
    refuses(bed, [prompt('a'), deleted('a')], 'message-gone', making('a')),

  'refuses the id of a message that was truncated': (bed) =>
    refuses(bed, [prompt('a'), truncated()], 'message-gone', making('a')),

  'refuses the id of a message that was erased': (bed) =>
    refuses(bed, [prompt('a'), erased('a')], 'message-gone', making('a')),

  'refuses the id of a message that was undone, also after a new turn': (bed) =>
    refuses(bed, [...turn('a'), undo, prompt('b')], 'message-exists', making('a-prompt')),

  async 'refuses an id twice in one slice'(bed) {
    const { storage, session } = await bed.start()
    const twice = [
      [prompt('a'), prompt('a')],
      [imported([message('a', 'x')]), prompt('a')],
      [imported([message('a', 'x'), message('a', 'y')])],
    ]
    for (const drafts of twice) {
      assert.equal(await refusalOf(storage, session, drafts), 'message-exists')
      assert.equal((await storage.state(session)).head.seq, 0)
    }
  },

  async 'remembers gone ids after a crash'(bed) {
    const { storage, session } = await bed.start()
    await writeEach(storage, session, [prompt('a'), deleted('a'), prompt('b'), erased('b')])
    const again = await bed.open()
    assert.equal(await refusalOf(again, session, [prompt('a')]), 'message-gone')
    assert.equal(await refusalOf(again, session, [prompt('b')]), 'message-gone')
  },

  async 'accepts the ids of another session'(bed) {
    const { storage, session } = await bed.start()
    const other = await bed.session(storage)
    await write(storage, session, [prompt('a')])
    assert.deepEqual(await usedIds(storage, other, ['a']), new Set())
    await write(storage, other, [prompt('a')])
  },

  async 'names the ids that are used'(bed) {
    const { storage, session } = await bed.start()
    await writeEach(storage, session, [
      prompt('deleted'),
      deleted('deleted'),
      prompt('older'),
      compaction('summary'),
      answer('done'),
      ...turn('undone'),
      undo,
    ])
    await write(storage, session, [opened('open')])
    const taken = ['deleted', 'older', 'summary', 'done', 'undone-prompt', 'undone-answer', 'open']
    const asked = ['new', ...taken]
    assert.deepEqual(await usedIds(storage, session, asked), new Set(taken))
    assert.deepEqual(await usedIds(storage, session, []), new Set())
  },

  'refuses deltas and ends of messages that are not open': (bed) =>
    refuses(bed, [answer('done'), opened('m'), finished('m')], 'message-missing', [
      delta('done', 'x'),
      delta('m', 'x'),
      delta('nobody', 'x'),
      finished('done'),
      finished('m'),
      finished('nobody'),
    ]),

  'refuses to change a missing message': (bed) =>
    refuses(bed, [prompt('a'), deleted('a'), ...turn('b'), undo], 'message-missing', [
      replaced('nobody', 'x'),
      replaced('a', 'x'),
      replaced('b-prompt', 'x'),
      deleted('nobody'),
      deleted('a'),
      deleted('b-prompt'),
      truncated('nobody'),
      truncated('a'),
      truncated('b-prompt'),
      erased('nobody'),
      erased(),
    ]),

  'refuses to change older epochs': (bed) =>
    refuses(bed, [...turn('a'), compaction('s'), prompt('b')], 'message-missing', [
      replaced('a-prompt', 'x'),
      deleted('a-prompt'),
      truncated('a-prompt'),
    ]),

  'refuses to erase messages of which one is missing': (bed) =>
    refuses(bed, turn('a'), 'message-missing', [erased('a-prompt', 'nobody')]),

  'refuses a truncation or an undo that would remove an open message': (bed) =>
    refuses(bed, [prompt('a'), opened('m')], 'message-open', [truncated('a'), truncated(), undo]),

  'refuses to delete or erase an open message': (bed) =>
    refuses(bed, [prompt('a'), opened('m')], 'message-missing', [
      deleted('m'),
      erased('m'),
      erased('a', 'm'),
    ]),

  'refuses an undo without a turn': (bed) => refuses(bed, [answer('a')], 'nothing-to-undo', [undo]),

  'refuses an undo of an older epoch': (bed) =>
    refuses(bed, [...turn('a'), compaction('s')], 'nothing-to-undo', [undo]),

  'refuses a redo when nothing was undone': (bed) =>
    refuses(bed, turn('a'), 'nothing-to-redo', [redo]),

  'refuses a redo twice': (bed) =>
    refuses(bed, [...turn('a'), undo, redo], 'nothing-to-redo', [redo]),

  async 'counts the usage of a child once'(bed) {
    const { storage, session } = await bed.start()
    const child = (id: string): EventDraft => ({
      type: 'usage',
      add: { inputTokens: 1 },
      child: id,
    })
    await write(storage, session, [child('c1')])
    const again = await bed.open()
    for (const each of [storage, again]) {
      assert.equal(await refusalOf(each, session, [child('c1')]), 'counted-already')
    }
    await write(again, session, [child('c2'), { type: 'usage', add: { inputTokens: 1 } }])
    const { head } = await storage.state(session)
    assert.deepEqual(head.usage, { version: 3, totals: { inputTokens: 3 } })
  },
}
