import { describe, expect, test } from 'vitest'

import type { Event, EventOf } from '../event/event.ts'
import type { Append } from '../event/op.ts'
import type { Message } from '../model/message.ts'
import { mergeEvents } from './merge-events.ts'
import { eventOfText, isPlainText, textFrameOf } from './text-frame.ts'
import { applyEvent, emptyView, type View } from './view.ts'

const append = { op: 'append', part: 0, text: ' world' } satisfies Append

function delta(seq: number, change: Partial<EventOf<'message-delta'>> = {}): Event {
  return {
    type: 'message-delta',
    seq,
    from: seq,
    epoch: 0,
    at: 9,
    messageId: 'a',
    ops: [append],
    ...change,
  }
}

/** A view at seq 8 with an open message of order 2. */
const view: View = {
  ...emptyView,
  seq: 8,
  messages: [1, 2].map((order) => messageOf(order)),
}

function messageOf(order: number): Message {
  return {
    id: order === 2 ? 'a' : 'prompt',
    order,
    role: 'assistant',
    parts: [{ type: 'text', text: 'Hello' }],
    metadata: { createdAt: 1 },
    revision: order,
    epoch: 0,
    status: 'open',
  }
}

function frameOf(event: Event) {
  if (!isPlainText(event)) throw new Error('The event is not plain text.')
  return textFrameOf(event, 2)
}

describe('a text frame', () => {
  test('names a message by its order, and `from` only where it differs from `seq`', () => {
    expect(JSON.stringify(frameOf(delta(9)))).toBe(
      '{"type":"text","seq":9,"order":2,"part":0,"text":" world"}',
    )
    const [merged] = mergeEvents([delta(9), delta(10)])
    expect(frameOf(merged!)).toEqual({
      type: 'text',
      seq: 10,
      from: 9,
      order: 2,
      part: 0,
      text: ' world world',
    })
  })

  test('has the effect of its event', () => {
    const event = delta(9)
    const applied = applyEvent(view, eventOfText(frameOf(event), view))
    expect(applied).toEqual(applyEvent(view, event))
    expect(applied.view.messages[1]).toMatchObject({
      revision: 9,
      parts: [{ text: 'Hello world' }],
    })
  })

  test.each([9, 11])('reveals a gap by its `from`: seq 12 from %i', (from) => {
    const event = eventOfText(frameOf(delta(12, { from })), view)
    expect(applyEvent(view, event).result).toBe(from === 9 ? 'applied' : 'gap')
    // Without `from`, the frame covers its `seq` alone.
    expect(applyEvent(view, eventOfText(frameOf(delta(12)), view)).result).toBe('gap')
  })

  test('that came before changes nothing', () => {
    expect(applyEvent(view, eventOfText(frameOf(delta(8)), view)).result).toBe('known')
  })

  test('about a message that is not loaded only advances the view', () => {
    const loaded = { ...view, messages: view.messages.slice(0, 1) }
    const applied = applyEvent(loaded, eventOfText(frameOf(delta(10, { from: 9 })), loaded))
    expect(applied).toEqual({ result: 'applied', view: { ...loaded, seq: 10 } })
    expect(applied.view.messages).toBe(loaded.messages)
  })
})

test.each<[string, Event]>([
  ['completes its part', delta(9, { ops: [{ ...append, done: true }] })],
  ['has provider metadata', delta(9, { ops: [{ ...append, providerMetadata: { x: {} } }] })],
  ['has citations', delta(9, { ops: [{ ...append, citations: [] }] })],
  ['has two ops', delta(9, { ops: [append, { ...append, part: 1 }] })],
  ['has no op', delta(9, { ops: [] })],
  ['puts a part', delta(9, { ops: [{ op: 'put', part: 0, value: { type: 'step-start' } }] })],
  ['names its run', delta(9, { runId: 'r' })],
  ['is no delta', { type: 'redacted', seq: 9, from: 9, epoch: 0, at: 9 }],
])('an event that %s is not plain text', (_, event) => {
  expect(isPlainText(event)).toBe(false)
})
