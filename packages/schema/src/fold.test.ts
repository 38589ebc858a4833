import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import type { Event } from './event.ts'
import { applyEvent, emptyView, mergeEvents, type View } from './fold.ts'
import type { Message } from './message.ts'

function message(id: string, order: number, extra: Partial<Message> = {}): Message {
  return {
    id,
    order,
    role: 'assistant',
    parts: [],
    metadata: { createdAt: 1 },
    revision: order,
    epoch: 0,
    status: 'open',
    ...extra,
  }
}

/** A journal from the bodies of its events. */
function journal(...bodies: Record<string, unknown>[]): Event[] {
  return bodies.map(
    (body, index) => ({ seq: index + 1, from: index + 1, epoch: 0, at: 1, ...body }) as Event,
  )
}

function fold(view: View, events: readonly Event[]): View {
  return events.reduce((current, event) => {
    const { result, view: next } = applyEvent(current, event)
    expect(result).toBe('applied')
    return next
  }, view)
}

const delta = (messageId: string, text: string, part = 0) => ({
  type: 'message-delta',
  messageId,
  ops: [{ op: 'append', part, text }],
})
const opened = (id: string, order: number) => ({
  type: 'message-created',
  message: message(id, order, { parts: [{ type: 'text', text: '', state: 'streaming' }] }),
})

describe('applyEvent', () => {
  test('an answer grows by its deltas and is done when it finished', () => {
    const view = fold(
      emptyView,
      journal(opened('a', 1), delta('a', 'He'), delta('a', 'llo'), {
        type: 'message-finished',
        messageId: 'a',
        reason: 'stop',
        usage: { outputTokens: 2 },
        contextUsage: { tokens: 9 },
      }),
    )
    expect(view.messages).toMatchObject([
      {
        id: 'a',
        status: 'done',
        revision: 4,
        parts: [{ type: 'text', text: 'Hello', state: 'done' }],
        metadata: { finishReason: 'stop', finishedAt: 1, usage: { outputTokens: 2 } },
      },
    ])
    expect(view).toMatchObject({ seq: 4, contextUsage: { tokens: 9 } })
  })

  test('an event that is known already changes nothing', () => {
    const events = journal(opened('a', 1), delta('a', 'x'))
    const view = fold(emptyView, events)
    for (const event of events) expect(applyEvent(view, event)).toEqual({ result: 'known', view })
  })

  test('an event after a hole is a gap and changes nothing', () => {
    const [first, , third] = journal(opened('a', 1), delta('a', 'x'), delta('a', 'y'))
    const view = fold(emptyView, [first!])
    expect(applyEvent(view, third!)).toEqual({ result: 'gap', view })
  })

  test('a merged event that covers what is applied already is a gap, not doubled text', () => {
    const events = journal(opened('a', 1), delta('a', 'x'), delta('a', 'y'))
    const view = fold(emptyView, events.slice(0, 2))
    const [, merged] = mergeEvents(events)
    expect(merged).toMatchObject({ from: 2, seq: 3 })
    expect(applyEvent(view, merged!)).toEqual({ result: 'gap', view })
  })

  test('unknown and unreadable events are passed over and counted', () => {
    const view = fold(
      emptyView,
      journal(
        opened('a', 1),
        { type: 'from-the-future', x: 1 },
        { type: 'unreadable' },
        delta('a', 'x'),
      ),
    )
    expect(view).toMatchObject({ seq: 4, skipped: 2 })
    expect(view.messages[0]?.parts[0]).toMatchObject({ text: 'x' })
  })

  test('a boundary shows what a fresh load would: the summary alone', () => {
    const summary = message('s', 2, { role: 'system', epoch: 1, status: 'done' })
    const view = fold(
      emptyView,
      journal(opened('a', 1), {
        type: 'boundary',
        kind: 'compaction',
        trigger: 'user',
        epoch: 1,
        summary: {
          ...summary,
          metadata: { createdAt: 1, contextUsage: { tokens: 5, estimated: true } },
        },
      }),
    )
    expect(view.messages.map(({ id }) => id)).toEqual(['s'])
    expect(view).toMatchObject({ epoch: 1, hasOlder: true, contextUsage: { tokens: 5 } })
  })

  test('a reset of an empty session, twice, opens two epochs and has nothing older', () => {
    const reset = { type: 'boundary', kind: 'reset', trigger: 'user' }
    const view = fold(emptyView, journal({ ...reset, epoch: 1 }, { ...reset, epoch: 2 }))
    expect(view).toMatchObject({ epoch: 2, hasOlder: false, messages: [] })
  })

  test.each([0, 2, 7, undefined, 'x'])('a boundary to epoch %j from 0 is ignored', (epoch) => {
    const events = journal(opened('a', 1), {
      type: 'boundary',
      kind: 'reset',
      trigger: 'user',
      epoch,
    })
    const view = fold(emptyView, events)
    expect(view).toMatchObject({ seq: 2, epoch: 0 })
    expect(view.messages).toHaveLength(1)
  })

  test('the newer ledger version wins', () => {
    const usage = (version: number, inputTokens: number) => ({
      type: 'usage',
      version,
      totals: { inputTokens },
    })
    const view = fold(emptyView, journal(usage(2, 20), usage(1, 10)))
    expect(view.usage).toEqual({ version: 2, totals: { inputTokens: 20 } })
  })

  test('a run is there between its start and its end', () => {
    const run = { id: 'r', kind: 'agent', status: 'streaming', generation: 1, startedAt: 1 }
    const [started, ended] = journal(
      { type: 'run-started', run },
      { type: 'run-ended', runId: 'r', reason: 'stop' },
    )
    const during = fold(emptyView, [started!])
    expect(during.run).toEqual(run)
    expect(fold(during, [ended!]).run).toBeUndefined()
  })

  test('messages that did not change keep their identity', () => {
    const before = fold(emptyView, journal(opened('a', 1), opened('b', 2)))
    const event = { ...journal(delta('b', 'x'))[0]!, seq: 3, from: 3 }
    const after = applyEvent(before, event).view
    expect(after.messages[0]).toBe(before.messages[0])
    expect(after.messages[1]).not.toBe(before.messages[1])
  })
})

test('merged events fold to the same view as every event by itself', () => {
  const body = fc.oneof(
    {
      weight: 5,
      arbitrary: fc
        .tuple(fc.constantFrom('a', 'b'), fc.string())
        .map(([id, text]) => delta(id, text)),
    },
    { weight: 1, arbitrary: fc.constant({ type: 'usage', version: 1, totals: {} }) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('a', 'b').map((messageId) => ({
        type: 'message-finished',
        messageId,
        reason: 'stop',
      })),
    },
  )
  fc.assert(
    fc.property(fc.array(body), fc.nat(), (bodies, at) => {
      const events = journal(opened('a', 1), opened('b', 2), ...bodies)
      const cut = at % (events.length + 1)
      const apart = fold(emptyView, events)
      const merged = [...mergeEvents(events.slice(0, cut)), ...mergeEvents(events.slice(cut))]
      expect(fold(emptyView, merged)).toEqual(apart)
    }),
  )
})
