import assert from 'node:assert/strict'

import type { Part } from '@caughtup/schema'

import type { SearchQuery } from '../../port/reading.ts'
import type { Storage } from '../../port/storage.ts'
import type { Cases } from '../support/bed.ts'
import {
  compaction,
  created,
  deleted,
  delta,
  finished,
  message,
  opened,
  prompt,
  replaced,
  reset,
  truncated,
} from '../support/drafts.ts'
import { maintainAll } from '../support/reads.ts'
import { write, writeEach } from '../support/writes.ts'

/** Texts with queries that find them, and some that do not. */
const texts = [
  {
    text: 'An apple pie, baked on Sunday',
    found: ['apple', 'APPLE', 'pie apple', 'apple pie', 'app', 'pie bak', 'baked, on!', ' sunday '],
    not: ['pple', 'app pie', 'apple cake', 'applepie', 'pie sundays'],
  },
  {
    text: 'Schöne Grüße aus Köln über die Straße',
    found: ['schöne', 'SCHÖNE grüße', 'KÖLN', 'köl', 'über'],
    not: ['öln', 'straßen'],
  },
  { text: '我昨天在北京吃了烤鸭', found: ['北京', '烤鸭', '我昨天', '吃'], not: ['京北', '上海'] },
  { text: 'カタカナとひらがなの文', found: ['カタカナ', 'ひらがな', '文'], not: ['漢字'] },
  {
    text: '東京タワー2024の夜景',
    found: ['2024', 'タワー', 'タワー2024', 'タワー 夜景', '夜景 東京', 'ﾀﾜｰ', '２０２４', '202'],
    not: ['2024 タワ2', 'ワタ', '024', 'だわー'],
  },
  { text: 'ガラスのダム', found: ['ガラス', 'ｶﾞﾗｽ', 'カ\u3099ラス'], not: ['カラス', 'タム'] },
  {
    text: 'Ёлка и мой чай, їжак',
    found: ['елка', 'ёлка', 'ЕЛКА', 'мой', 'їжак', 'Е\u0308ЛКА'],
    not: ['мои', 'іжак'],
  },
  { text: 'ΟΔΥΣΣΕΎΣ, ο Οδυσσεύς', found: ['οδυσσευς', 'ΟΔΥΣΣΕΥΣ', 'Οδυσσεύσ'], not: ['οδυσευς'] },
  {
    text: 'İstanbul ve Isparta ılık',
    found: ['istanbul', 'ISTANBUL', 'isparta', 'ilik', 'ILIK'],
    not: ['stanbul'],
  },
  {
    text: 'Straße, ﬁne ｆｕｌｌ',
    found: ['STRASSE', 'strasse', 'STRAẞE', 'fine', 'full'],
    not: ['ss'],
  },
  { text: 'السَّلَامُ عَلَيْكُم أحمد', found: ['السلام', 'عليكم', 'احمد', 'الســلام'], not: ['سلام'] },
  { text: 'שָׁלוֹם עולם', found: ['שלום', 'עולם', 'שָׁלוֹם'], not: ['לום'] },
  { text: 'हिन्दी में किताब', found: ['हिन्दी', 'किताब', 'कि'], not: ['का', 'कताब'] },
  { text: 'ภาษาไทยง่ายมาก', found: ['ไทย', 'ง่าย', 'ภาษา'], not: ['งาย', 'ทไย'] },
  {
    text: '한국어를 Python으로 2024년에',
    found: ['한국어', 'python', 'Python 2024', '2024 python', '2024년'],
    not: ['국어', '하'],
  },
  { text: '漢語ＡＢＣ也可以', found: ['abc', '漢語 可以', '語abc也'], not: ['bc', '汉语'] },
  {
    text: 'co\u00ADopera\u200Dtion می\u200Cخواهم',
    found: ['cooperation', 'میخواهم'],
    not: ['opera'],
  },
  { text: 'Done 🎉 at last 👩‍👩‍👧', found: ['done 🎉', '🎉 last', 'done 🎉 at'], not: ['🎉 never'] },
  {
    text: 'NEAR AND OR NOT a "quoted" word* with foo:bar and x-y (z) ^caret',
    found: [
      '"quoted"',
      '"quoted',
      'quoted"',
      'word*',
      'AND OR',
      'NOT',
      'NEAR',
      'foo:bar',
      'x-y',
      '-y',
      '(z)',
      '^caret',
      '+caret',
      "quoted' --",
    ],
    not: ['missing OR quoted', 'body : quoted', 'NOT missing', 'foo:baz', 'y-x', '{quoted} zz'],
  },
] as const

export const searchCases: Cases = {
  async 'treats the query as plain text and requires every word'(bed) {
    const { storage, session } = await bed.start()
    await writeEach(
      storage,
      session,
      texts.map(({ text }, index) => prompt(`m${index}`, text)),
    )
    await maintainAll(storage)
    for (const [index, { found, not }] of texts.entries()) {
      const finds = async (text: string) => {
        const hits = await storage.search({ text, in: { sessionId: session }, limit: 99 })
        return hits.some(({ messageId }) => messageId === `m${index}`)
      }
      for (const text of found) assert(await finds(text), `${text} finds message ${index}`)
      for (const text of not) assert(!(await finds(text)), `${text} does not find ${index}`)
    }
  },

  async 'finds nothing for a query without a word'(bed) {
    const { storage, session } = await bed.start()
    await write(storage, session, [prompt('a', 'x " * ( 🎉')])
    for (const text of ['', ' ', '"', '*', '""', '( )', '-', '\0', '\n']) {
      const hits = await storage.search({ text, in: { sessionId: session }, limit: 9 })
      assert.deepEqual(hits, [], JSON.stringify(text))
    }
  },

  async 'locates the message, with the text around the word'(bed) {
    const { storage, session } = await bed.start()
    const around = 'lorem ipsum '.repeat(50)
    const text = `${around} needle ${around}`
    await write(storage, session, [reset(), created(message('m', text, { createdAt: 7 }))])
    const [hit, ...others] = await storage.search({
      text: 'needle',
      in: { sessionId: session },
      limit: 9,
    })
    assert.deepEqual(others, [])
    const { excerpt = '', ...place } = hit ?? {}
    assert.deepEqual(place, {
      sessionId: session,
      messageId: 'm',
      order: 1,
      epoch: 1,
      role: 'assistant',
      createdAt: 7,
    })
    assert.match(excerpt, /needle/)
    assert(excerpt.length <= 200)
  },

  async 'goes through all epochs, newest first, up to the limit'(bed) {
    const { storage, session } = await bed.start()
    await writeEach(storage, session, [
      prompt('a', 'word'),
      compaction('b', 'word'),
      prompt('c', 'other'),
      reset(),
      prompt('d', 'word'),
      prompt('e', 'word'),
    ])
    const ids = async (limit: number) => {
      const hits = await storage.search({ text: 'word', in: { sessionId: session }, limit })
      return hits.map(({ messageId }) => messageId).join('')
    }
    assert.equal(await ids(9), 'edba')
    assert.equal(await ids(4), 'edba')
    assert.equal(await ids(2), 'ed')
  },

  async 'orders hits by the time of their messages across sessions, also for the limit'(bed) {
    const storage = await bed.open()
    const first = await bed.session(storage)
    const second = await bed.session(storage)
    const find = async (limit: number) => {
      const hits = await storage.search({ text: 'word', in: { principal: 'ann' }, limit })
      return hits.map(({ messageId }) => messageId).join('')
    }
    const add = (session: string, id: string, createdAt: number) =>
      write(storage, session, [created(message(id, 'word', { createdAt }))])
    await add(first, 'a', 5_000)
    assert.equal(await find(9), 'a')
    // As an import brings them: later, and not in the order of time.
    await add(second, 'b', 10)
    await add(second, 'c', 7_000)
    await add(second, 'd', 5_000)
    await add(first, 'e', 20)
    await add(first, 'f', 5_000)
    assert.equal(await find(9), 'cdfaeb')
    for (const limit of [1, 2, 3, 4]) assert.equal(await find(limit), 'cdfaeb'.slice(0, limit))
    const within = await storage.search({ text: 'word', in: { sessionId: second }, limit: 2 })
    assert.deepEqual(
      within.map(({ messageId }) => messageId),
      ['c', 'd'],
    )
    const parts: Part[] = [{ type: 'text', text: 'word' }]
    const metadata = { createdAt: 6_000 }
    await write(storage, first, [{ type: 'message-replaced', messageId: 'e', parts, metadata }])
    assert.equal(await find(2), 'ce')
  },

  async 'finds a message once it is finished, at once'(bed) {
    const { storage, session } = await bed.start()
    const count = async () => {
      const hits = await storage.search({ text: 'Hello', in: { sessionId: session }, limit: 9 })
      return hits.length
    }
    await writeEach(storage, session, [opened('m'), delta('m', 'He'), delta('m', 'llo')])
    await maintainAll(storage)
    assert.equal(await count(), 0)
    await write(storage, session, [finished('m')])
    assert.equal(await count(), 1)
  },

  async 'finds the writes of another opening, in a session and in those of a principal'(bed) {
    const { storage, session } = await bed.start()
    const other = await bed.open()
    const count = async (reader: Storage, scope: SearchQuery['in']) => {
      const hits = await reader.search({ text: 'word', in: scope, limit: 9 })
      return hits.length
    }
    await write(storage, session, [prompt('a', 'word')])
    assert.equal(await count(other, { principal: 'ann' }), 1)
    await write(storage, session, [prompt('b', 'word')])
    assert.equal(await count(other, { principal: 'ann' }), 2)
    await write(other, session, [prompt('c', 'word')])
    assert.equal(await count(storage, { principal: 'ann' }), 3)
    await write(other, session, [deleted('a')])
    await write(other, session, [prompt('d', 'word')])
    assert.equal(await count(await bed.open(), { principal: 'ann' }), 3)
    assert.equal(await count(storage, { sessionId: session }), 3)
    assert.equal(await count(storage, { principal: 'bob' }), 0)
  },

  async 'follows changes of messages'(bed) {
    const { storage, session } = await bed.start()
    const found = async (text: string) => {
      const hits = await storage.search({ text, in: { sessionId: session }, limit: 9 })
      return hits.map(({ messageId }) => messageId).join('')
    }
    await writeEach(
      storage,
      session,
      ['a', 'b', 'c'].map((id) => prompt(id, 'word')),
    )
    assert.equal(await found('word'), 'cba')
    await write(storage, session, [replaced('a', 'instead')])
    assert.equal(await found('word'), 'cb')
    assert.equal(await found('instead'), 'a')
    await write(storage, session, [deleted('b')])
    assert.equal(await found('word'), 'c')
    await write(storage, session, [truncated()])
    assert.equal(await found('word'), '')
    assert.equal(await found('instead'), '')
  },

  async 'searches the sessions of a principal, and no others'(bed) {
    const storage = await bed.open()
    const mine = await bed.session(storage, { members: ['ann'] })
    const shared = await bed.session(storage, { members: ['bob', 'ann'] })
    const theirs = await bed.session(storage, { members: ['bob'] })
    const gone = await bed.session(storage, { members: ['ann'] })
    for (const [index, session] of [mine, shared, theirs, gone].entries()) {
      const draft = message(`m${index}`, 'word', { role: 'user', createdAt: index })
      await write(storage, session, [created(draft)])
    }
    await storage.deleteSession(gone)
    const hits = await storage.search({ text: 'word', in: { principal: 'ann' }, limit: 9 })
    assert.deepEqual(
      hits.map(({ sessionId }) => sessionId),
      [shared, mine],
    )
    const nobody = await storage.search({ text: 'word', in: { principal: 'eve' }, limit: 9 })
    assert.deepEqual(nobody, [])
  },

  async 'has only what people read: no reasoning, no tool input'(bed) {
    const { storage, session } = await bed.start()
    const draft = message('m', 'visible')
    const call = { type: 'dynamic-tool', toolName: 'read', toolCallId: 't' } as const
    draft.parts.push(
      { type: 'reasoning', text: 'thought' },
      { ...call, state: 'input-available', input: { path: 'toolish' } },
    )
    await write(storage, session, [created(draft)])
    const count = async (text: string) => {
      const hits = await storage.search({ text, in: { sessionId: session }, limit: 9 })
      return hits.length
    }
    assert.deepEqual(await Promise.all(['visible', 'thought', 'toolish'].map(count)), [1, 0, 0])
  },
}
