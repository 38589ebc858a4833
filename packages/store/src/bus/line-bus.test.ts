import { ManualClock } from '@caughtup/schema/testing'
import { expect, test } from 'vitest'

import { batchJson } from './batches.ts'
import { LineBus } from './line-bus.ts'

const never = new AbortController().signal
const event = {
  type: 'message-delta' as const,
  from: 4,
  seq: 4,
  at: 1,
  epoch: 1,
  messageId: 'm',
  ops: [],
}
const after = { journal: 'j', seq: 3, tag: 'before' }
const batch = { sessionId: 's', after, events: [event], tag: 'tag' }

function opened() {
  const clock = new ManualClock()
  const texts: string[] = []
  const line = {
    mostBytes: 1_000,
    publish: async (sent: readonly string[]) => void texts.push(...sent),
    close: async () => {},
  }
  return { bus: new LineBus(line, { clock, name: 'own' }), texts, clock }
}

test('what another process committed is heard with its content', async () => {
  const { bus } = opened()
  bus.hear(`{"f":"other","b":[${batchJson(batch)}]}`)
  const { sessions, batches } = await bus.next(never)
  expect(sessions).toEqual(new Set(['s']))
  expect(batches).toEqual(new Map([['s', batch]]))
})

const [first, ...rest] = [event, { ...event, from: 5, seq: 5 }]
test.each<[string, unknown]>([
  ['no list', 'batch'],
  ['without events', ['s', 'j', 'before', 'tag', []]],
  ['with a number for a name', ['s', 1, 'before', 'tag', [first]]],
  ['with a hole', ['s', 'j', 'before', 'tag', [first, { ...event, from: 6, seq: 6 }]]],
  ['with an entry twice', ['s', 'j', 'before', 'tag', [first, first]]],
  ['out of order', ['s', 'j', 'before', 'tag', [...rest, first]]],
  ['below the first entry', ['s', 'j', 'before', 'tag', [{ ...event, from: 0, seq: 0 }]]],
  ['of no number', ['s', 'j', 'before', 'tag', [{ ...event, from: '4' }]]],
  ['of an unknown type', ['s', 'j', 'before', 'tag', [{ ...event, type: 'toString' }]]],
  ['of nothing', ['s', 'j', 'before', 'tag', [null]]],
])(
  'of a batch %s nothing is shown, and it is said that something was not understood',
  async (_, json) => {
    const { bus } = opened()
    const notes: string[] = []
    bus.listen((note) => notes.push(note))
    bus.hear(JSON.stringify({ f: 'other', b: [json], n: ['note'] }))
    const changes = await bus.next(never)
    expect(changes).toMatchObject({ sessions: 'all', members: 'all' })
    expect(changes.batches).toBeUndefined()
    expect(String(changes.failure)).toMatch(/not written by a store of this version/)
    expect(notes).toEqual([])
  },
)

test('content is carried only while another process is there', async () => {
  const { bus, texts, clock } = opened()
  const sent = async () => {
    bus.committed([batch])
    await expect.poll(() => texts.length).toBeGreaterThan(0)
    return texts.splice(0)
  }
  expect(await sent()).toEqual(['{"f":"own","s":["s"]}'])
  bus.hear('{"f":"other"}')
  expect(await sent()).toEqual([`{"f":"own","b":[${batchJson(batch)}]}`])
  bus.hear('{"f":"own"}')
  await clock.advance(6_000)
  expect(await sent()).toEqual(['{"f":"own","s":["s"]}'])
})

test('of many batches at once only a few texts are sent, and the others are named', async () => {
  const { bus, texts } = opened()
  bus.hear('{"f":"other"}')
  const of = Array.from({ length: 200 }, (_, index) => ({ ...batch, sessionId: `s${index}` }))
  bus.committed(of)
  await expect.poll(() => texts.join('')).toMatch(/"s199"/)
  const carried = texts.flatMap((text) => text.match(/"before"/g) ?? [])
  expect(carried.length).toBeGreaterThan(20)
  expect(carried.length).toBeLessThan(150)
  expect(texts.length).toBeLessThan(20)
  for (const text of texts) expect(text.length).toBeLessThanOrEqual(1_000)
  for (const { sessionId } of of) expect(texts.join('')).toContain(`"${sessionId}"`)
})

test('batches that could not be sent are named as soon as something can', async () => {
  const clock = new ManualClock()
  const texts: string[] = []
  let isDown = true
  const publish = async (sent: readonly string[]) => {
    if (isDown) throw new Error('down')
    texts.push(...sent)
  }
  const line = { mostBytes: 1_000, publish, close: async () => {} }
  const bus = new LineBus(line, { clock, name: 'own' })
  bus.hear('{"f":"other"}')
  bus.committed([batch])
  await clock.advance(1)
  isDown = false
  await clock.advance(2_000)
  expect(texts).toEqual(['{"f":"own","s":["s"]}'])
})
