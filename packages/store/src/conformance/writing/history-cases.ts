import assert from 'node:assert/strict'

import { emptyView } from '@caughtup/schema/fold'

import type { Cases } from '../support/bed.ts'
import {
  answer,
  compaction,
  deleted,
  delta,
  finished,
  opened,
  prompt,
  replaced,
  reset,
  truncated,
  turn,
} from '../support/drafts.ts'
import { allMessages, shownIds } from '../support/reads.ts'
import { foldAll, freshView, readOn, sameIn } from '../support/views.ts'
import { refusalOf, write, writeEach } from '../support/writes.ts'

export const historyCases: Cases = {
  async 'keeps what had been used when each epoch ended'(bed) {
    const { storage, session } = await bed.start()
    const other = await bed.open()
    const ledgers = async (from: number, upTo: number) => {
      const told = await storage.ledgers(session, { from, upTo })
      assert.deepEqual(await other.ledgers(session, { from, upTo }), told)
      return told
    }
    const spend = (outputTokens: number, ...models: string[]) => {
      const add = { outputTokens, reasoningTokens: 0 }
      const used = Object.fromEntries(models.map((model) => [model, add]))
      return { type: 'usage', add, ...(models.length > 0 && { models: used }) } as const
    }
    const odd = ' "a" b \u{1F389}'
    await write(storage, session, [reset()])
    await write(storage, session, [spend(1, 'm'), spend(2, odd, '')])
    assert.deepEqual(await ledgers(0, 9), new Map())
    await write(other, session, [compaction('s'), spend(4)])
    const first = {
      totals: { outputTokens: 3, reasoningTokens: 0 },
      models: {
        m: { outputTokens: 1, reasoningTokens: 0 },
        [odd]: { outputTokens: 2, reasoningTokens: 0 },
        '': { outputTokens: 2, reasoningTokens: 0 },
      },
    }
    assert.deepEqual(await ledgers(0, 9), new Map([[1, first]]))
    await write(storage, session, [reset(), reset(), spend(8)])
    const second = { ...first, totals: { outputTokens: 7, reasoningTokens: 0 } }
    assert.deepEqual(
      await ledgers(0, 9),
      new Map([
        [1, first],
        [2, second],
        [3, second],
      ]),
    )
    assert.deepEqual(await ledgers(2, 2), new Map([[2, second]]))
    const refused = await refusalOf(storage, session, [reset(), answer('a'), answer('a')])
    assert.equal(refused, 'message-exists')
    assert.deepEqual(await ledgers(4, 9), new Map())
  },

  async 'replaces the parts of a message in its place'(bed) {
    const { storage, session } = await bed.start()
    await writeEach(storage, session, [...turn('a'), ...turn('b')])
    const { events } = await write(storage, session, [replaced('a-answer', 'Better')], { at: 9 })
    const message = await storage.message(session, 'a-answer')
    assert.equal(message?.order, 2)
    assert.equal(message.revision, 5)
    assert.deepEqual(message.parts, [{ type: 'text', text: 'Better' }])
    assert.deepEqual(message.metadata, { createdAt: 1 })
    assert.deepEqual(events, [
      { type: 'message-replaced', seq: 5, from: 5, epoch: 0, at: 9, message },
    ])
    assert.equal((await storage.state(session)).messageCount, 4)
  },

  async 'replaces the metadata of a message if it is given'(bed) {
    const { storage, session } = await bed.start()
    await write(storage, session, turn('a'))
    const metadata = { createdAt: 1, model: 'm' }
    const parts = [{ type: 'text' as const, text: 'x' }]
    const draft = { type: 'message-replaced', messageId: 'a-answer', parts, metadata } as const
    await write(storage, session, [draft])
    assert.deepEqual((await storage.message(session, 'a-answer'))?.metadata, metadata)
  },

  async 'continues to stream into a replaced open message'(bed) {
    const { storage, session } = await bed.start()
    await writeEach(storage, session, [
      opened('m'),
      delta('m', 'old'),
      replaced('m', 'new'),
      delta('m', 'er'),
    ])
    const again = await bed.open()
    await write(again, session, [finished('m')])
    for (const reader of [storage, again]) {
      assert.deepEqual((await reader.message(session, 'm'))?.parts, [
        { type: 'text', text: 'newer' },
      ])
    }
    const view = foldAll(emptyView, await readOn(storage, session, 0, 1e6))
    assert(view)
    assert.deepEqual(sameIn(view), sameIn(await freshView(storage, session)))
  },

  async 'deletes a message, and keeps the orders of the others'(bed) {
    const { storage, session } = await bed.start()
    await writeEach(storage, session, [...turn('a'), ...turn('b'), deleted('b-answer')])
    await write(storage, session, [answer('c')])
    const messages = await allMessages(storage, session)
    assert.deepEqual(
      messages.map(({ id, order }) => [id, order]),
      [
        ['a-prompt', 1],
        ['a-answer', 2],
        ['b-prompt', 3],
        ['c', 5],
      ],
    )
    assert.equal(await storage.message(session, 'b-answer'), undefined)
    assert.equal((await storage.state(session)).messageCount, 4)
  },

  async 'cannot undo once the last prompt is deleted'(bed) {
    const { storage, session } = await bed.start()
    await writeEach(storage, session, [...turn('a'), prompt('b'), deleted('a-prompt')])
    assert.equal((await storage.state(session)).head.canUndo, true)
    const { events } = await write(storage, session, [deleted('b')])
    const [event] = events
    assert(event?.type === 'message-deleted')
    assert.deepEqual([event.messageId, event.canUndo, event.canRedo], ['b', false, false])
    assert.equal((await storage.state(session)).head.canUndo, false)
  },

  async 'truncates after a message'(bed) {
    const { storage, session } = await bed.start()
    await writeEach(storage, session, [...turn('a'), ...turn('b')])
    const { events } = await write(storage, session, [truncated('a-answer')])
    const [event] = events
    assert(event?.type === 'history-truncated')
    assert.deepEqual([event.after, event.count, event.canUndo, event.canRedo], [2, 2, true, false])
    assert.deepEqual(await shownIds(storage, session), ['a-prompt', 'a-answer'])
    const { head, messageCount } = await storage.state(session)
    assert.equal(messageCount, 2)
    assert.deepEqual([head.canUndo, head.canRedo], [true, false])
    await write(storage, session, [prompt('c')])
    assert.equal((await storage.message(session, 'c'))?.order, 5)
  },

  async 'truncates the newest epoch except for its summary'(bed) {
    const { storage, session } = await bed.start()
    await writeEach(storage, session, [...turn('a'), compaction('s'), ...turn('b')])
    const { events } = await write(storage, session, [truncated()])
    const [event] = events
    assert(event?.type === 'history-truncated')
    assert.deepEqual([event.after, event.count, event.canUndo], [3, 2, false])
    assert.deepEqual(await shownIds(storage, session), ['s'])
    assert.equal((await storage.state(session)).messageCount, 3)
  },

  async 'leaves older epochs alone when it truncates after a reset'(bed) {
    const { storage, session } = await bed.start()
    await writeEach(storage, session, [...turn('a'), reset(), ...turn('b'), truncated()])
    const messages = await allMessages(storage, session)
    assert.deepEqual(
      messages.map(({ id }) => id),
      ['a-prompt', 'a-answer'],
    )
  },

  async 'finds all changes again after a crash'(bed) {
    const { storage, session } = await bed.start()
    await writeEach(storage, session, [
      ...turn('a'),
      ...turn('b'),
      ...turn('c'),
      deleted('a-prompt'),
      replaced('a-answer', 'Better'),
      truncated('b-prompt'),
    ])
    const messages = await allMessages(storage, session)
    const again = await bed.open()
    assert.deepEqual(await allMessages(again, session), messages)
    assert.deepEqual(await again.state(session), await storage.state(session))
  },
}
