import assert from 'node:assert/strict'

import type { EventDraft } from '@caughtup/schema'
import { emptyView } from '@caughtup/schema/fold'

import { readBatch } from '../../core/reading/read-events.ts'
import { checkCursor } from '../../core/reading/cursor-verdict.ts'
import type { Storage } from '../../port/storage.ts'
import type { Bed, Cases } from '../support/bed.ts'
import {
  answer,
  compaction,
  created,
  deleted,
  delta,
  dequeued,
  erased,
  finished,
  imported,
  labelled,
  message,
  opened,
  prompt,
  queued,
  redo,
  replaced,
  truncated,
  turn,
  undo,
} from '../support/drafts.ts'
import { allEvents, everything, shownIds, maintainAll } from '../support/reads.ts'
import { foldAll, freshView, readOn, sameIn } from '../support/views.ts'
import { refusalOf, write, writeEach } from '../support/writes.ts'

/** A word that only the erased message has. */
const secret = 'xyzzy'

async function assertNowhere(storage: Storage, sessionId: string, when: string): Promise<void> {
  assert(!JSON.stringify(await everything(storage, sessionId)).includes(secret), when)
  const found = await storage.search({ text: secret, in: { principal: 'ann' }, limit: 9 })
  assert.deepEqual(found, [], when)
}

/** Erases `m` after the drafts, and asserts that no read has its content. */
async function erases(bed: Bed, drafts: readonly EventDraft[]): Promise<void> {
  const { storage, session } = await bed.start()
  const other = await bed.open()
  await writeEach(storage, session, drafts)
  assert.match(JSON.stringify(await everything(other, session)), new RegExp(secret))
  await write(storage, session, [erased('m')])
  while (await storage.maintain({ erase: session }));
  await assertNowhere(storage, session, 'at once')
  await assertNowhere(other, session, 'in another opening')
  await maintainAll(storage)
  await assertNowhere(other, session, 'after maintenance')
  await assertNowhere(await bed.open(), session, 'after a crash')
  const entries = await allEvents(storage, session)
  assert.deepEqual(
    entries.map(({ from }) => from),
    [1, ...entries.slice(0, -1).map(({ seq }) => seq + 1)],
    'The journal has no gap.',
  )
  const view = foldAll(emptyView, await readOn(storage, session, 0, 1))
  if (view) assert.deepEqual(sameIn(view), sameIn(await freshView(storage, session)))
}

const streamed = [
  opened('m'),
  ...Array.from({ length: 30 }, () => delta('m', `${secret} `)),
  finished('m'),
]

export const eraseCases: Cases = {
  'removes a prompt from everything that can be read': (bed) =>
    erases(bed, [...turn('a'), prompt('m', secret), answer('b')]),

  'removes an answer with its deltas': (bed) => erases(bed, [prompt('a'), ...streamed]),

  'removes the metadata of the host: of an answer, and of a prompt since it waited': async (
    bed,
  ) => {
    await erases(bed, [prompt('a'), opened('m'), labelled('m', secret), finished('m')])
    const custom = { label: secret }
    await erases(bed, [
      prompt('a'),
      { type: 'queue-changed', add: { ...queued('run'), messageId: 'm', custom } },
      dequeued('run'),
      created(message('m', 'Hi', { role: 'user', custom })),
    ])
  },

  'removes a message of an older epoch': (bed) =>
    erases(bed, [prompt('a'), ...streamed, compaction('s'), ...turn('b')]),

  'removes a summary, and leaves its boundary': (bed) =>
    erases(bed, [...turn('a'), compaction('m', secret), ...turn('b')]),

  'removes the earlier content of a replaced message': (bed) =>
    erases(bed, [prompt('m', secret), replaced('m', `still ${secret}`), replaced('m', 'harmless')]),

  'removes what a redo repeated': (bed) =>
    erases(bed, [prompt('m', secret), answer('b'), undo, redo]),

  'removes an imported message': (bed) => erases(bed, [imported([message('m', secret)])]),

  'removes the remains of a deleted message': (bed) =>
    erases(bed, [...turn('a'), prompt('m', secret), deleted('m')]),

  'removes the remains of a truncated message': (bed) =>
    erases(bed, [...turn('a'), prompt('m', secret), truncated('a-answer')]),

  'removes an undone message, which no redo shows again': (bed) =>
    erases(bed, [...turn('a'), prompt('m', secret), undo]),

  async 'leaves the other undone messages to a redo'(bed) {
    const { storage, session } = await bed.start()
    await writeEach(storage, session, [...turn('a'), ...turn('b'), undo])
    const { events } = await write(storage, session, [erased('b-answer')])
    const [event] = events
    assert(event?.type === 'message-erased')
    assert.deepEqual([event.count, event.canRedo], [0, true])
    await write(storage, session, [redo])
    assert.deepEqual(await shownIds(storage, session), ['a-prompt', 'a-answer', 'b-prompt'])
    assert.equal((await storage.state(session)).messageCount, 3)
  },

  async 'leaves those undone turns that can be restored'(bed) {
    const { storage, session } = await bed.start()
    await writeEach(storage, session, [...turn('a'), ...turn('b'), ...turn('c'), undo, undo, undo])
    await write(storage, session, [erased('b-prompt', 'b-answer')])
    const [first] = (await write(storage, session, [redo])).events
    assert(first?.type === 'history-restored')
    assert.deepEqual(
      first.messages?.map(({ id }) => id),
      ['a-prompt', 'a-answer'],
    )
    assert.equal(first.canRedo, true)
    await write(storage, session, [erased('c-prompt')])
    const [second] = (await write(await bed.open(), session, [redo])).events
    assert(second?.type === 'history-restored')
    assert.deepEqual(
      second.messages?.map(({ id }) => id),
      ['c-answer'],
    )
    assert.equal(second.canRedo, false)
  },

  async 'leaves nothing to restore when everything undone is erased'(bed) {
    const { storage, session } = await bed.start()
    await writeEach(storage, session, [...turn('a'), ...turn('b'), undo, undo])
    await write(storage, session, [erased('b-prompt', 'b-answer')])
    const [restored] = (await write(storage, session, [redo])).events
    assert(restored?.type === 'history-restored')
    assert.equal(restored.canRedo, false)
    await write(storage, session, [undo])
    await write(storage, session, [erased('a-prompt', 'a-answer')])
    assert.equal((await storage.state(session)).head.canRedo, false)
    assert.equal(await refusalOf(storage, session, [redo]), 'nothing-to-redo')
  },

  async 'removes text that streamed between that of other sessions'(bed) {
    const { storage, session } = await bed.start()
    const other = await bed.session(storage)
    for (const draft of streamed) {
      await storage.commit([
        { sessionId: session, at: 1, drafts: [draft] },
        { sessionId: other, at: 1, drafts: [draft] },
      ])
    }
    const before = await everything(storage, other)
    await write(storage, session, [erased('m')])
    while (await storage.maintain({ erase: session }));
    assert(!JSON.stringify(await everything(storage, session)).includes(secret))
    assert.deepEqual(await everything(storage, other), before)
  },

  async 'names the removed messages, and subtracts them from the count'(bed) {
    const { storage, session } = await bed.start()
    await writeEach(storage, session, [...turn('a'), ...turn('b')])
    const ids = ['b-prompt', 'a-answer', 'b-prompt']
    const { events } = await write(storage, session, [erased(...ids)])
    const [event] = events
    assert(event?.type === 'message-erased')
    assert.deepEqual(new Set(event.messageIds), new Set(ids))
    assert.equal(event.messageIds.length, 2)
    assert.deepEqual([event.canUndo, event.canRedo], [true, false])
    assert.deepEqual(await shownIds(storage, session), ['a-prompt', 'b-answer'])
    assert.equal((await storage.state(session)).messageCount, 2)
  },

  async 'keeps every cursor valid, so that followers continue'(bed) {
    const { storage, session } = await bed.start()
    const results = await writeEach(storage, session, [prompt('a'), ...streamed, answer('b')])
    await maintainAll(storage)
    const [batch] = [await readBatch(storage, session, 1, { bytes: 100 })]
    await write(storage, session, [erased('m')])
    while (await storage.maintain({ erase: session }));
    for (const { cursor } of results) {
      assert.equal(await checkCursor(storage, session, cursor), 'ok', `seq ${cursor.seq}`)
      const rest = await readOn(storage, session, cursor.seq, 100)
      assert.equal(rest[0]?.from, cursor.seq + 1)
      assert(!JSON.stringify(rest).includes(secret))
    }
    assert.equal(await checkCursor(storage, session, batch.cursor), 'ok')
  },

  async 'is completed by maintenance'(bed) {
    const { storage, session } = await bed.start()
    await writeEach(storage, session, [prompt('a'), ...streamed])
    await maintainAll(storage)
    await write(storage, session, [erased('m')])
    const again = await bed.open()
    await maintainAll(again)
    await assertNowhere(again, session, 'after maintenance')
    assert.equal(await again.maintain({ erase: session }), false)
  },

  async 'is complete even if others were completed before it'(bed) {
    const { storage, session } = await bed.start()
    const words = ['one', 'two', 'three']
    await writeEach(
      storage,
      session,
      words.map((id) => prompt(id, `${secret} ${id}`)),
    )
    for (const id of words) {
      // Packed first, and with all maintenance done after the previous erasure.
      await maintainAll(storage)
      await write(storage, session, [erased(id)])
      while (await storage.maintain({ erase: session }));
      assert.equal(await storage.message(session, id), undefined)
      assert(!JSON.stringify(await allEvents(storage, session)).includes(`${secret} ${id}`))
    }
    await maintainAll(storage)
    await assertNowhere(storage, session, 'after all three')
  },

  async 'does not wait for another erasure'(bed) {
    const { storage, session } = await bed.start()
    const words = ['one', 'two', 'three']
    await writeEach(
      storage,
      session,
      words.map((id) => prompt(id, `${secret} ${id}`)),
    )
    for (const id of words) await write(storage, session, [erased(id)])
    while (await storage.maintain({ erase: session }));
    await assertNowhere(storage, session, 'after all three')
  },
}
