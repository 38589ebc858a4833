import type { Event, Message } from '@caughtup/schema'
import { expect, test } from 'vitest'

import { playJournal } from './read-journal.ts'
import { splitWords, tallyOf, tallyOfOrders, wordsOf } from './tally.ts'
import { verdictOf } from './verdict.ts'

const answer: Message = {
  id: 'a',
  role: 'assistant',
  epoch: 0,
  order: 1,
  revision: 1,
  status: 'open',
  parts: [{ type: 'text', text: '', state: 'streaming' }],
  metadata: { createdAt: 1 },
}
const words = Array.from({ length: 3_000 }, (_, n) => ` ${n + 1}`)
const deltas = words.map((text, n): Event => ({
  type: 'message-delta',
  seq: n + 2,
  from: n + 2,
  epoch: 0,
  at: 1,
  messageId: 'a',
  ops: [{ op: 'append', part: 0, text }],
}))
const created: Event = {
  type: 'message-created',
  seq: 1,
  from: 1,
  epoch: 0,
  at: 1,
  message: answer,
}
const kept = wordsOf(playJournal([created, ...deltas]).messages)

/** What a page shows that appends whatever it gets. */
function appended(events: readonly Event[]): string[] {
  const ops = events.flatMap((event) => (event.type === 'message-delta' ? event.ops : []))
  return splitWords(ops.map((op) => (op.op === 'append' ? op.text : '')).join(''))
}

test('a page that holds what the journal has passes', () => {
  expect(verdictOf(tallyOf(kept, appended(deltas)))).toEqual({
    passed: true,
    text: '3,000 of 3,000 tokens; 0 missing, 0 twice.',
  })
})

test('one event that was dropped and another that came twice are in the verdict', () => {
  const played = deltas.flatMap((event, n) =>
    n === 700 ? [] : n === 1_200 ? [event, event] : event,
  )
  expect(verdictOf(tallyOf(kept, appended(played)))).toEqual({
    passed: false,
    text: '2,999 of 3,000 tokens; 1 missing, 1 twice.',
  })
})

test('the right words in another order do not pass', () => {
  const [first, second, ...rest] = kept
  expect(verdictOf(tallyOf(kept, [second!, first!, ...rest]))).toEqual({
    passed: false,
    text: '3,000 of 3,000 tokens; 0 missing, 0 twice, but in another order.',
  })
})

test('an empty journal proves nothing', () => {
  expect(verdictOf(tallyOf([], []))).toEqual({
    passed: false,
    text: '0 of 0 tokens; 0 missing, 0 twice; but the journal has nothing to compare.',
  })
})

test('a journal with a hole is not played', () => {
  expect(() => playJournal([created, ...deltas.slice(1)])).toThrow('no entries from 2 to 2')
})

test.each([
  ['a message that is missing', [1, 3], { held: 2, missing: 1, twice: 0, misplaced: false }],
  ['one that is there twice', [1, 2, 2, 3], { held: 3, missing: 0, twice: 1, misplaced: false }],
  ['a wrong order', [1, 3, 2], { held: 3, missing: 0, twice: 0, misplaced: true }],
])('messages are counted by their orders: %s', (_, orders, expected) => {
  expect(tallyOfOrders(3, orders)).toEqual({ kept: 3, ...expected })
})
