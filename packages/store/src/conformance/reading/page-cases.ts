import assert from 'node:assert/strict'

import type { EventDraft } from '@caughtup/schema'

import { readPage } from '../../core/reading/read-page.ts'
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
import { allPages, jsonBytes, maintainAll, unbounded } from '../support/reads.ts'
import { write, writeEach } from '../support/writes.ts'

const newest = Number.MAX_SAFE_INTEGER

export const pageCases: Cases = {
  async 'is empty without a message'(bed) {
    const { storage, session } = await bed.start()
    const empty = { messages: [], nextCursor: null, hasOlder: false, epoch: 0, asOf: 0 }
    assert.deepEqual(await readPage(storage, session, newest, unbounded), empty)
    await writeEach(storage, session, [reset(), prompt('a')])
    assert.deepEqual(await readPage(storage, session, 1, unbounded), {
      ...empty,
      epoch: 1,
      asOf: 2,
    })
  },

  async 'goes through all epochs, each page within one, with every message once'(bed) {
    const { storage, session } = await bed.start()
    const sizes = [5, 1, 0, 2, 4]
    const expected: (readonly [string, number])[] = []
    for (const [epoch, size] of sizes.entries()) {
      if (epoch > 0) await write(storage, session, [reset()])
      for (let index = 0; index < size; index++) {
        await write(storage, session, [answer(`m${epoch}-${index}`)])
        expected.push([`m${epoch}-${index}`, epoch])
      }
    }
    for (let limit = 1; limit <= 6; limit++) {
      const pages = await allPages(storage, session, limit)
      for (const { messages, epoch } of pages) {
        assert(messages.length <= limit && messages.length > 0)
        assert(messages.every((message) => message.epoch === epoch))
      }
      const found = pages.reverse().flatMap(({ messages }) => messages)
      assert.deepEqual(
        found.map((message) => [message.id, message.epoch]),
        expected,
      )
      assert.equal(
        pages.length,
        sizes.reduce((sum, size) => sum + Math.ceil(size / limit), 0),
        `${limit} to a page`,
      )
    }
  },

  async 'has no more bytes than its cap, or one message of any size'(bed) {
    const { storage, session } = await bed.start()
    await write(storage, session, [
      prompt('a', 'x'.repeat(100)),
      prompt('b', 'ü'.repeat(1_000)),
      prompt('c', 'x'.repeat(500)),
    ])
    await maintainAll(storage)
    await write(storage, session, [prompt('d', 'x'.repeat(900))])
    const { messages } = await readPage(storage, session, newest, unbounded)
    const [first = 0, second = 0, third = 0] = messages.map(jsonBytes)
    const shown = async (bytes: number) => {
      const page = await readPage(storage, session, 4, { ...unbounded, bytes })
      assert.equal(page.hasOlder, page.nextCursor !== null)
      return [page.messages.map(({ id }) => id).join(''), page.nextCursor?.before]
    }
    assert.deepEqual(await shown(1), ['c', 3])
    assert.deepEqual(await shown(second + third - 1), ['c', 3])
    assert.deepEqual(await shown(second + third), ['bc', 2])
    assert.deepEqual(await shown(first + second + third - 1), ['bc', 2])
    assert.deepEqual(await shown(first + second + third), ['abc', undefined])
    const largest = await readPage(storage, session, newest, { messages: 9, bytes: 1 })
    assert.deepEqual(
      [largest.messages.map(({ id }) => id), largest.nextCursor],
      [['d'], { before: 4 }],
    )
  },

  async 'ends strictly before its cursor, which need not be a message'(bed) {
    const { storage, session } = await bed.start()
    await writeEach(
      storage,
      session,
      ['a', 'b', 'c', 'd'].map((id) => prompt(id)),
    )
    await write(storage, session, [deleted('c')])
    const ids = async (before: number) => {
      const { messages } = await readPage(storage, session, before, { ...unbounded, messages: 2 })
      return messages.map(({ id }) => id).join('')
    }
    assert.deepEqual(await Promise.all([1, 2, 3, 4, 5, 100].map((before) => ids(before))), [
      '',
      'a',
      'ab',
      'ab',
      'bd',
      'bd',
    ])
  },

  async 'says exactly whether there are older messages'(bed) {
    const { storage, session } = await bed.start()
    await writeEach(
      storage,
      session,
      ['a', 'b', 'c'].map((id) => prompt(id)),
    )
    const three = await readPage(storage, session, newest, { ...unbounded, messages: 3 })
    assert.deepEqual([three.hasOlder, three.nextCursor], [false, null])
    const two = await readPage(storage, session, newest, { ...unbounded, messages: 2 })
    assert.deepEqual([two.hasOlder, two.nextCursor], [true, { before: 2 }])
    await write(storage, session, [deleted('a')])
    const left = await readPage(storage, session, newest, { ...unbounded, messages: 2 })
    assert.deepEqual([left.hasOlder, left.nextCursor], [false, null])
  },

  async 'is stable while messages are added, removed and changed'(bed) {
    const { storage, session } = await bed.start()
    await writeEach(
      storage,
      session,
      ['a', 'b', 'c', 'd'].map((id) => prompt(id)),
    )
    const { nextCursor } = await readPage(storage, session, newest, { ...unbounded, messages: 2 })
    const changes: EventDraft[] = [prompt('e'), deleted('c'), compaction('s'), ...turn('f')]
    await writeEach(storage, session, changes)
    const { messages } = await readPage(storage, session, nextCursor?.before ?? 0, {
      ...unbounded,
      messages: 2,
    })
    assert.deepEqual(
      messages.map(({ id }) => id),
      ['a', 'b'],
    )
  },

  async 'has an open message as it is at `asOf`'(bed) {
    const { storage, session } = await bed.start()
    await writeEach(storage, session, [opened('m'), delta('m', 'He'), delta('m', 'y')])
    const { messages, asOf } = await readPage(storage, session, newest, {
      ...unbounded,
      messages: 2,
    })
    assert.deepEqual(messages[0]?.parts, [{ type: 'text', text: 'Hey', state: 'streaming' }])
    assert.equal(messages[0]?.revision, 3)
    assert.equal(asOf, 3)
  },
}
