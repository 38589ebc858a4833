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
import { allPages, allPagesOnward, jsonBytes, maintainAll, unbounded } from '../support/reads.ts'
import { write, writeEach } from '../support/writes.ts'

const newest = { before: Number.MAX_SAFE_INTEGER }

export const pageCases: Cases = {
  async 'is empty without a message'(bed) {
    const { storage, session } = await bed.start()
    const none = { nextCursor: null, hasOlder: false, newerCursor: null, hasNewer: false }
    const empty = { messages: [], ...none, epoch: 0, asOf: 0 }
    assert.deepEqual(await readPage(storage, session, newest, unbounded), empty)
    await writeEach(storage, session, [reset(), prompt('a')])
    assert.deepEqual(await readPage(storage, session, { before: 1 }, unbounded), {
      ...empty,
      newerCursor: { after: 0 },
      hasNewer: true,
      epoch: 1,
      asOf: 2,
    })
    assert.deepEqual(await readPage(storage, session, { after: 1 }, unbounded), {
      ...empty,
      nextCursor: { before: 2 },
      hasOlder: true,
      epoch: 1,
      asOf: 2,
    })
  },

  async 'goes through all epochs in both directions, each page within one, with every message once'(
    bed,
  ) {
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
      const back = (await allPages(storage, session, limit)).reverse()
      for (const pages of [back, await allPagesOnward(storage, session, limit)]) {
        for (const [index, { messages, epoch, hasOlder, hasNewer }] of pages.entries()) {
          assert(messages.length <= limit && messages.length > 0)
          assert(messages.every((message) => message.epoch === epoch))
          assert.deepEqual([hasOlder, hasNewer], [index > 0, index < pages.length - 1])
        }
        const found = pages.flatMap(({ messages }) => messages)
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
      const page = await readPage(storage, session, { before: 4 }, { ...unbounded, bytes })
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

  async 'has no more bytes than its cap onward, or one message of any size'(bed) {
    const { storage, session } = await bed.start()
    await write(storage, session, [prompt('a', 'x'.repeat(900)), prompt('b', 'ü'.repeat(200))])
    await maintainAll(storage)
    await write(storage, session, [prompt('c', 'x'.repeat(500)), prompt('d')])
    const { messages } = await readPage(storage, session, newest, unbounded)
    const [, second = 0, third = 0, fourth = 0] = messages.map(jsonBytes)
    const shown = async (after: number, bytes: number) => {
      const page = await readPage(storage, session, { after }, { ...unbounded, bytes })
      return [page.messages.map(({ id }) => id).join(''), page.newerCursor?.after]
    }
    assert.deepEqual(await shown(0, 1), ['a', 1])
    assert.deepEqual(await shown(1, second + third - 1), ['b', 2])
    assert.deepEqual(await shown(1, second + third), ['bc', 3])
    assert.deepEqual(await shown(1, second + third + fourth), ['bcd', undefined])
  },

  async 'around a message has as many before it as after it, of its epoch, and leads on both ways'(
    bed,
  ) {
    const { storage, session } = await bed.start()
    const ids = ['a', 'b', 'c', 'd', 'e', 'f']
    await writeEach(storage, session, [reset(), ...ids.map((id) => prompt(id)), reset()])
    await writeEach(storage, session, [prompt('g'), deleted('g'), prompt('h'), reset()])
    const around = async (order: number, messages: number, bytes = unbounded.bytes) => {
      const page = await readPage(storage, session, { around: order }, { messages, bytes })
      const { nextCursor, newerCursor, epoch } = page
      const shown = page.messages.map(({ id }) => id).join('')
      return [shown, nextCursor?.before, newerCursor?.after, epoch]
    }
    assert.deepEqual(await around(3, 1), ['c', 3, 3, 1])
    assert.deepEqual(await around(3, 2), ['cd', 3, 4, 1])
    assert.deepEqual(await around(3, 3), ['bcd', 2, 4, 1])
    assert.deepEqual(await around(6, 4), ['ef', 5, 6, 1])
    assert.deepEqual(await around(1, 4), ['abc', undefined, 3, 1])
    assert.deepEqual(await around(8, 9), ['h', 8, undefined, 2])
    assert.deepEqual(await around(3, 9, 1), ['c', 3, 3, 1])
    const { messages } = await readPage(storage, session, newest, unbounded)
    const bytes = messages.map(jsonBytes)[0] ?? 0
    assert.deepEqual(await around(3, 9, 3 * bytes), ['cde', 3, 5, 1])
    assert.deepEqual(await around(3, 9, 4 * bytes), ['bcde', 2, 5, 1])
  },

  async 'begins strictly after its cursor, which need not be a message'(bed) {
    const { storage, session } = await bed.start()
    await writeEach(
      storage,
      session,
      ['a', 'b', 'c', 'd'].map((id) => prompt(id)),
    )
    await write(storage, session, [deleted('b')])
    const ids = async (after: number) => {
      const { messages } = await readPage(
        storage,
        session,
        { after },
        { ...unbounded, messages: 2 },
      )
      return messages.map(({ id }) => id).join('')
    }
    assert.deepEqual(await Promise.all([0, 1, 2, 3, 4, 100].map((after) => ids(after))), [
      'ac',
      'cd',
      'cd',
      'd',
      '',
      '',
    ])
  },

  async 'onward has an open message as it is at `asOf`'(bed) {
    const { storage, session } = await bed.start()
    await writeEach(storage, session, [prompt('a'), opened('m'), delta('m', 'He')])
    await maintainAll(storage)
    await writeEach(storage, session, [delta('m', 'y'), prompt('b')])
    const { messages, asOf } = await readPage(storage, session, { after: 1 }, unbounded)
    assert.deepEqual(
      messages.map(({ id, revision }) => [id, revision]),
      [
        ['m', 4],
        ['b', 5],
      ],
    )
    assert.deepEqual(messages[0]?.parts, [{ type: 'text', text: 'Hey', state: 'streaming' }])
    assert.equal(asOf, 5)
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
      const { messages } = await readPage(
        storage,
        session,
        { before },
        { ...unbounded, messages: 2 },
      )
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
    const { messages } = await readPage(storage, session, nextCursor ?? { before: 0 }, {
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
