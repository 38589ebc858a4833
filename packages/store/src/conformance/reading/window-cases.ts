import assert from 'node:assert/strict'

import type { Cases } from '../support/bed.ts'
import {
  answer,
  compaction,
  deleted,
  delta,
  opened,
  prompt,
  reset,
  turn,
} from '../support/drafts.ts'
import { jsonBytes, shownIds, unbounded } from '../support/reads.ts'
import { write, writeEach } from '../support/writes.ts'

export const windowCases: Cases = {
  async 'is empty before the first message'(bed) {
    const { storage, session } = await bed.start()
    const { messages, hasOlder, head, cursor } = await storage.messages(session, unbounded)
    assert.deepEqual(messages, [])
    assert.equal(hasOlder, false)
    assert.equal(head.seq, 0)
    assert.equal(cursor.seq, 0)
  },

  async 'has the messages, oldest first, with the head of the same moment'(bed) {
    const { storage, session } = await bed.start()
    await write(storage, session, turn('a'))
    const { cursor } = await write(storage, session, [opened('m'), delta('m', 'x')])
    const window = await storage.messages(session, unbounded)
    assert.deepEqual(
      window.messages.map(({ id, order, revision }) => [id, order, revision]),
      [
        ['a-prompt', 1, 1],
        ['a-answer', 2, 2],
        ['m', 3, 4],
      ],
    )
    assert.equal(window.head.seq, 4)
    assert.equal(window.head.canUndo, true)
    assert.deepEqual(window.cursor, cursor)
    assert.equal(window.hasOlder, false)
  },

  async 'has no more messages than its cap, and says exactly whether there are older ones'(bed) {
    const { storage, session } = await bed.start()
    await write(storage, session, [...turn('a'), ...turn('b')])
    const counts = []
    for (const messages of [1, 3, 4, 5]) {
      const window = await storage.messages(session, { ...unbounded, messages })
      counts.push([window.messages.length, window.hasOlder])
    }
    assert.deepEqual(counts, [
      [1, true],
      [3, true],
      [4, false],
      [4, false],
    ])
  },

  async 'has no more bytes than its cap, or the newest message of any size'(bed) {
    const { storage, session } = await bed.start()
    await write(storage, session, [
      prompt('a', 'x'.repeat(100)),
      prompt('b', 'ü'.repeat(1_000)),
      prompt('c', 'x'.repeat(500)),
    ])
    const { messages } = await storage.messages(session, unbounded)
    const [first = 0, second = 0, third = 0] = messages.map(jsonBytes)
    const shown = async (bytes: number) => {
      const window = await storage.messages(session, { ...unbounded, bytes })
      return [window.messages.map(({ id }) => id).join(''), window.hasOlder]
    }
    assert.deepEqual(await shown(1), ['c', true])
    assert.deepEqual(await shown(second + third - 1), ['c', true])
    assert.deepEqual(await shown(second + third), ['bc', true])
    assert.deepEqual(await shown(first + second + third - 1), ['bc', true])
    assert.deepEqual(await shown(first + second + third), ['abc', false])
  },

  async 'has the newest epoch only'(bed) {
    const { storage, session } = await bed.start()
    await writeEach(storage, session, [...turn('a'), compaction('s'), answer('b')])
    const { messages, hasOlder, head } = await storage.messages(session, unbounded)
    assert.deepEqual(
      messages.map(({ id, epoch }) => [id, epoch]),
      [
        ['s', 1],
        ['b', 1],
      ],
    )
    assert.equal(hasOlder, true)
    assert.equal(head.epoch, 1)
  },

  async 'is empty after a reset, with older messages'(bed) {
    const { storage, session } = await bed.start()
    await writeEach(storage, session, [...turn('a'), reset(), reset()])
    const { messages, hasOlder, head } = await storage.messages(session, unbounded)
    assert.deepEqual(messages, [])
    assert.equal(hasOlder, true)
    assert.equal(head.epoch, 2)
  },

  async 'has nothing older when the older messages are deleted'(bed) {
    const { storage, session } = await bed.start()
    await writeEach(storage, session, [prompt('a'), prompt('b'), deleted('a')])
    const { hasOlder } = await storage.messages(session, { ...unbounded, messages: 1 })
    assert.equal(hasOlder, false)
    assert.deepEqual(await shownIds(storage, session), ['b'])
  },

  async 'reports the open messages and the number of messages'(bed) {
    const { storage, session } = await bed.start()
    await writeEach(storage, session, [...turn('a'), compaction('s'), opened('m'), delta('m', 'x')])
    const { open, messageCount, cursor } = await storage.state(session)
    assert.deepEqual(open, [await storage.message(session, 'm')])
    assert.equal(messageCount, 4)
    assert.equal(cursor.seq, 5)
  },

  async 'finds single messages of every epoch, and no others'(bed) {
    const { storage, session } = await bed.start()
    await writeEach(storage, session, [...turn('a'), compaction('s'), deleted('s')])
    assert.equal((await storage.message(session, 'a-answer'))?.order, 2)
    assert.equal(await storage.message(session, 's'), undefined)
    assert.equal(await storage.message(session, 'nobody'), undefined)
    const other = await bed.session(storage)
    assert.equal(await storage.message(other, 'a-answer'), undefined)
  },
}
