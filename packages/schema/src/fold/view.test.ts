import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import type { Event } from '../event/event.ts'
import { mergeEvents } from './merge-events.ts'
import type { Batch } from './messages.ts'
import { eventOfText, isPlainText, textFrameOf } from './text-frame.ts'
import { type Applied, applyEvent, emptyView, type View } from './view.ts'
import type { Message } from '../model/message.ts'

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
  test('queue changes add, remove and replace runs', () => {
    const queued = (runId: string, queuedAt = 1) => ({ kind: 'reset', runId, queuedAt })
    const change = (body: object) => ({ type: 'queue-changed', ...body })
    const view = fold(
      emptyView,
      journal(
        change({ add: queued('a') }),
        change({ add: queued('b') }),
        change({ add: queued('c'), front: true }),
        change({ replace: queued('a', 2) }),
        change({ remove: 'b' }),
      ),
    )
    expect(view.queue).toEqual([queued('c'), queued('a', 2)])
  })

  test('a queue tolerates changes that do not fit, as after an unreadable entry', () => {
    const queued = (runId: string) => ({ kind: 'reset', runId, queuedAt: 1 })
    const change = (body: object) => ({ type: 'queue-changed', ...body })
    const view = fold(
      emptyView,
      journal(
        change({ add: queued('a') }),
        change({ add: queued('b') }),
        change({ add: queued('a') }),
        change({ remove: 'unknown' }),
        change({ replace: queued('unknown') }),
        change({ swap: ['a', 'b'] }),
      ),
    )
    expect(view.queue).toEqual([queued('b'), queued('a')])
  })

  test('an answer grows with its deltas and is done once it has finished', () => {
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

  test('an event that was already applied changes nothing', () => {
    const events = journal(opened('a', 1), delta('a', 'x'))
    const view = fold(emptyView, events)
    for (const event of events) expect(applyEvent(view, event)).toEqual({ result: 'known', view })
  })

  test('an event after a missing one is a gap and changes nothing', () => {
    const [first, , third] = journal(opened('a', 1), delta('a', 'x'), delta('a', 'y'))
    const view = fold(emptyView, [first!])
    expect(applyEvent(view, third!)).toEqual({ result: 'gap', view })
  })

  test('a merged event that overlaps the view is a gap and doubles no text', () => {
    const events = journal(opened('a', 1), delta('a', 'x'), delta('a', 'y'))
    const view = fold(emptyView, events.slice(0, 2))
    const [, merged] = mergeEvents(events)
    expect(merged).toMatchObject({ from: 2, seq: 3 })
    expect(applyEvent(view, merged!)).toEqual({ result: 'gap', view })
  })

  test('unknown and unreadable events are skipped and counted', () => {
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

  test('a stand-in for many entries is skipped at once and counts as many', () => {
    const before = fold(emptyView, journal(opened('a', 1)))
    const unreadable = { type: 'unreadable', seq: 4, from: 2, epoch: 0, at: 0 } as const
    const { result, view } = applyEvent(before, unreadable)
    expect(result).toBe('applied')
    expect(view).toEqual({ ...before, seq: 4, skipped: 3 })
    expect(view.messages).toBe(before.messages)
  })

  test('a stand-in that begins before the view ends is a gap', () => {
    const before = fold(emptyView, journal(opened('a', 1), delta('a', 'x')))
    const redacted = { type: 'redacted', seq: 4, from: 2, epoch: 0, at: 1 } as const
    expect(applyEvent(before, redacted)).toEqual({ result: 'gap', view: before })
  })

  test('a boundary shows the summary alone, as a fresh load does', () => {
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

  test('two resets of an empty session open two epochs without older messages', () => {
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

  test('the ledger with the higher version wins', () => {
    const usage = (version: number, inputTokens: number) => ({
      type: 'usage',
      version,
      totals: { inputTokens },
    })
    const view = fold(emptyView, journal(usage(2, 20), usage(1, 10)))
    expect(view.usage).toEqual({ version: 2, totals: { inputTokens: 20 } })
  })

  test('a newer ledger replaces the whole ledger, models included', () => {
    const models = { small: { inputTokens: 4 }, large: { inputTokens: 2 } }
    const first = fold(
      emptyView,
      journal({ type: 'usage', version: 1, totals: { inputTokens: 6 }, models }),
    )
    expect(first.usage).toEqual({ version: 1, totals: { inputTokens: 6 }, models })
    const later = { type: 'usage', version: 2, totals: {}, seq: 2, from: 2, epoch: 0, at: 1 }
    expect(applyEvent(first, later as Event).view.usage).toEqual({ version: 2, totals: {} })
  })

  test('a run is active from its start to its end', () => {
    const run = { id: 'r', kind: 'agent', status: 'streaming', generation: 1, startedAt: 1 }
    const [started, ended] = journal(
      { type: 'run-started', run },
      { type: 'run-ended', runId: 'r', reason: 'stop' },
    )
    const during = fold(emptyView, [started!])
    expect(during.run).toEqual(run)
    expect(fold(during, [ended!]).run).toBeUndefined()
  })

  test('the active run waits and continues; another run changes nothing', () => {
    const run = { id: 'r', kind: 'agent', status: 'streaming', generation: 1, startedAt: 1 }
    const changed = (runId: string, status: string) => ({ type: 'run-changed', runId, status })
    const events = journal(
      { type: 'run-started', run },
      changed('r', 'waiting'),
      changed('other', 'streaming'),
      changed('r', 'streaming'),
      { type: 'run-ended', runId: 'r', reason: 'stop' },
      changed('r', 'waiting'),
    )
    const status = (seq: number) => fold(emptyView, events.slice(0, seq)).run?.status
    expect([1, 2, 3, 4, 5, 6].map(status)).toEqual([
      'streaming',
      'waiting',
      'waiting',
      'streaming',
      undefined,
      undefined,
    ])
  })

  test('unchanged messages keep their identity', () => {
    const before = fold(emptyView, journal(opened('a', 1), opened('b', 2)))
    const event = { ...journal(delta('b', 'x'))[0]!, seq: 3, from: 3 }
    const after = applyEvent(before, event).view
    expect(after.messages[0]).toBe(before.messages[0])
    expect(after.messages[1]).not.toBe(before.messages[1])
  })
})

/** Three turns: prompts 1, 3, 5 and answers 2, 4, 6, all done. */
const turns: View = {
  ...emptyView,
  seq: 10,
  canUndo: true,
  messages: [1, 2, 3, 4, 5, 6].map((order) =>
    message(`m${order}`, order, {
      role: order % 2 === 1 ? 'user' : 'assistant',
      parts: [{ type: 'text', text: `text ${order}` }],
      status: 'done',
    }),
  ),
}

/** The event after `view`. */
function after(view: View, body: Record<string, unknown>): Event {
  const seq = view.seq + 1
  return {
    seq,
    from: seq,
    epoch: view.epoch,
    at: 1,
    canUndo: true,
    canRedo: false,
    ...body,
  } as Event
}

function next(view: View, body: Record<string, unknown>): View {
  return fold(view, [after(view, body)])
}

const idsOf = ({ messages }: View) => messages.map(({ id }) => id)

describe('an edit', () => {
  const edited = message('m3', 3, { parts: [{ type: 'text', text: 'edited' }], revision: 11 })

  test('replaces the message and leaves the others alone', () => {
    const view = next(turns, { type: 'message-replaced', message: edited })
    expect(view.messages).toEqual(turns.messages.with(2, edited))
    expect(view.messages[1]).toBe(turns.messages[1])
  })

  test('of a message that is not loaded changes nothing', () => {
    const view = next(turns, { type: 'message-replaced', message: { ...edited, id: 'm0' } })
    expect(view).toEqual({ ...turns, seq: 11 })
    expect(view.messages).toBe(turns.messages)
  })

  test('of an open message is extended by later deltas', () => {
    const open = fold(emptyView, journal(opened('a', 1), delta('a', 'old')))
    const replaced = next(open, {
      type: 'message-replaced',
      message: message('a', 1, { parts: [{ type: 'text', text: 'new' }] }),
    })
    expect(next(replaced, delta('a', '!')).messages[0]?.parts).toEqual([
      { type: 'text', text: 'new!' },
    ])
  })
})

describe('a deletion', () => {
  test('removes one message', () => {
    const view = next(turns, { type: 'message-deleted', messageId: 'm3' })
    expect(idsOf(view)).toEqual(['m1', 'm2', 'm4', 'm5', 'm6'])
  })

  test('of a message that is not loaded changes no message', () => {
    const view = next(turns, { type: 'message-deleted', messageId: 'm0' })
    expect(view.messages).toBe(turns.messages)
  })

  test('of a message is final: later deltas of it are ignored', () => {
    const deleted = next(turns, { type: 'message-deleted', messageId: 'm6' })
    const late = next(next(deleted, delta('m6', 'x')), {
      type: 'message-finished',
      messageId: 'm6',
      reason: 'stop',
    })
    expect(late.messages).toBe(deleted.messages)
  })
})

describe('a truncation', () => {
  const truncated = (order: number) => ({ type: 'history-truncated', after: order, count: 1 })

  test('removes the messages above the order', () => {
    expect(idsOf(next(turns, truncated(4)))).toEqual(['m1', 'm2', 'm3', 'm4'])
  })

  test('after the newest message removes nothing', () => {
    expect(next(turns, truncated(6)).messages).toBe(turns.messages)
  })

  test('before every message leaves nothing if none is older', () => {
    expect(next(turns, truncated(0))).toMatchObject({ messages: [], hasOlder: false })
  })

  const reaching: View = { ...turns, hasOlder: true, messages: turns.messages.slice(2) }

  test('after the first loaded message needs no window', () => {
    expect(idsOf(next(reaching, truncated(3)))).toEqual(['m3'])
  })

  test.each([2, 0])('before the first loaded message, after order %i, needs a window', (order) => {
    const event = after(reaching, truncated(order))
    expect(applyEvent(reaching, event)).toEqual({ result: 'needs-window', view: reaching })
  })

  test('of a view without loaded messages needs a window if there are older ones', () => {
    const nothing: View = { ...reaching, messages: [] }
    expect(applyEvent(nothing, after(nothing, truncated(9))).result).toBe('needs-window')
  })
})

describe('undo and redo', () => {
  const undo = (order: number, canUndo: boolean) => ({
    type: 'history-truncated',
    after: order,
    count: 2,
    canUndo,
    canRedo: true,
    next: 1,
  })
  const redo = (view: View, messages: readonly Message[], canRedo: boolean) => ({
    type: 'history-restored',
    after: view.messages.at(-1)?.order ?? 0,
    count: messages.length,
    hidden: 0,
    messages,
    canRedo,
    next: canRedo ? 1 : 0,
  })

  test('of two turns in sequence restore both, and tell what is left', () => {
    const once = next(turns, undo(4, true))
    const twice = next(once, undo(2, true))
    expect(twice).toMatchObject({ canUndo: true, canRedo: true })
    expect(idsOf(twice)).toEqual(['m1', 'm2'])
    const back = next(twice, redo(twice, turns.messages.slice(2, 4), true))
    expect(back).toMatchObject({ canUndo: true, canRedo: true })
    const whole = next(back, redo(back, turns.messages.slice(4), false))
    expect(whole).toMatchObject({ canUndo: true, canRedo: false })
    expect(whole.messages.map(({ id, order, parts }) => ({ id, order, parts }))).toEqual(
      turns.messages.map(({ id, order, parts }) => ({ id, order, parts })),
    )
    expect(whole.messages.map(({ revision }) => revision)).toEqual([1, 2, 3, 4, 5, 6])
  })

  test('of the only turn leave nothing, and restore it', () => {
    const one: View = { ...turns, messages: turns.messages.slice(0, 2) }
    const empty = next(one, undo(0, false))
    expect(empty).toMatchObject({ messages: [], canUndo: false, canRedo: true })
    expect(idsOf(next(empty, redo(empty, one.messages, false)))).toEqual(['m1', 'm2'])
  })

  const undone = next(turns, undo(4, true))

  test.each([
    ['a prompt', opened('m7', 7)],
    ['an explicit truncation', { type: 'history-truncated', after: 2, count: 2 }],
    ['a reset', { type: 'boundary', kind: 'reset', trigger: 'user', epoch: 1 }],
  ])('%s ends redo', (_, body) => {
    expect(next(undone, { canRedo: false, next: 0, ...body })).toMatchObject({
      canRedo: false,
      next: 0,
    })
  })

  test('the first prompt of an epoch enables undo; an answer or a boundary does not', () => {
    const answer = next(emptyView, opened('a', 1))
    expect(answer.canUndo).toBe(false)
    const prompted = next(answer, {
      type: 'message-created',
      message: message('u', 2, { role: 'user' }),
    })
    expect(prompted.canUndo).toBe(true)
    const reset = { type: 'boundary', kind: 'reset', trigger: 'user', epoch: 1 }
    expect(next(prompted, reset)).toMatchObject({ canUndo: false, canRedo: false })
  })

  test.each(['message-deleted', 'message-erased'])('%s tells whether both are left', (type) => {
    const gone = { type, messageId: 'm1', messageIds: ['m1'], canUndo: false, canRedo: true }
    expect(next(turns, gone)).toMatchObject({ canUndo: false, canRedo: true })
  })
})

describe('a version that is shown', () => {
  const restored = (order: number, messages?: readonly Message[]) => ({
    type: 'history-restored',
    after: order,
    count: 2,
    hidden: 2,
    ...(messages && { messages }),
    canUndo: true,
    canRedo: false,
    next: 0,
  })
  const usage = { tokens: 7 }
  const other = [
    message('o1', 3, { role: 'user' }),
    message('o2', 8, { metadata: { createdAt: 1, contextUsage: usage } }),
  ]

  test('takes the place of what was shown after the order', () => {
    const view = next(turns, restored(2, other))
    expect(idsOf(view)).toEqual(['m1', 'm2', 'o1', 'o2'])
    expect(view.contextUsage).toEqual(usage)
  })

  test('takes the context usage of what was shown, if it brings none', () => {
    const full: View = { ...turns, contextUsage: usage }
    expect(next(full, restored(2, other.slice(0, 1))).contextUsage).toBeUndefined()
    const truncated = { type: 'history-truncated', after: 2, count: 4, canUndo: true, next: 1 }
    expect(next(full, truncated).contextUsage).toBeUndefined()
  })

  test('needs a window without its messages, or before the first loaded message', () => {
    const reaching: View = { ...turns, hasOlder: true, messages: turns.messages.slice(2) }
    expect(applyEvent(turns, after(turns, restored(2))).result).toBe('needs-window')
    expect(applyEvent(reaching, after(reaching, restored(2, other))).result).toBe('needs-window')
    expect(idsOf(next(reaching, restored(3, other)))).toEqual(['m3', 'o1', 'o2'])
  })
})

test.each(['message-deleted', 'message-erased'])('%s marks the versions that are left', (type) => {
  const gone = { type, messageId: 'm2', messageIds: ['m2'], canUndo: true, canRedo: false, next: 0 }
  const marked = next(turns, { ...gone, marks: [{ messageId: 'm3', index: 2, count: 3 }] })
  expect(marked.messages[1]).toMatchObject({ id: 'm3', version: { index: 2, count: 3 } })
  expect(marked.messages[1]?.revision).toBe(marked.seq)
  const alone = next(marked, {
    ...gone,
    messageId: 'm1',
    messageIds: ['m1'],
    marks: [{ messageId: 'm3', index: 1, count: 1 }],
  })
  expect(alone.messages[0]).toMatchObject({ id: 'm3', revision: alone.seq })
  expect(alone.messages[0]).not.toHaveProperty('version')
})

describe('an erasure', () => {
  test('removes the loaded messages it names, of any epoch', () => {
    const [first, ...rest] = turns.messages
    const view: View = { ...turns, messages: [{ ...first!, epoch: 0 }, ...rest], epoch: 1 }
    const erased = next(view, { type: 'message-erased', messageIds: ['m1', 'm0', 'm4'], count: 3 })
    expect(idsOf(erased)).toEqual(['m2', 'm3', 'm5', 'm6'])
  })

  test('of messages that are not loaded changes no message', () => {
    const view = next(turns, { type: 'message-erased', messageIds: ['m0'], count: 1 })
    expect(view.messages).toBe(turns.messages)
  })

  test('leaves redacted entries that are skipped without being counted', () => {
    const redacted = { type: 'redacted', seq: 40, from: 11 }
    expect(next(turns, redacted)).toEqual({ ...turns, seq: 40 })
  })

  test.each([
    ['deltas of a message that the view never saw begin', delta('gone', 'x')],
    ['the end of one', { type: 'message-finished', messageId: 'gone', reason: 'stop' }],
  ])('makes %s harmless', (_, body) => {
    expect(next(turns, body)).toEqual({ ...turns, seq: 11 })
  })
})

test.each(['imported', 'forked'])('%s messages need a new window', (type) => {
  for (const view of [turns, emptyView]) {
    const event = after(view, { type, count: 2, first: 7, last: 8 })
    expect(applyEvent(view, event)).toEqual({ result: 'needs-window', view } satisfies Applied)
    expect(applyEvent({ ...view, seq: event.seq }, event).result).toBe('known')
  }
})

describe('merged and split', () => {
  const id = fc.constantFrom('a', 'b')
  const part = fc.nat({ max: 2 })
  const op = fc.oneof(
    fc.record({ op: fc.constant('append'), part, text: fc.string() }),
    fc.record({ op: fc.constant('append'), part, text: fc.string(), done: fc.constant(true) }),
    fc.record({
      op: fc.constant('put'),
      part,
      value: fc.oneof(
        fc.record({
          type: fc.constantFrom('text', 'reasoning'),
          text: fc.string(),
          state: fc.constant('streaming'),
        }),
        fc.record({
          type: fc.constant('dynamic-tool'),
          toolCallId: fc.constant('t'),
          toolName: fc.constant('tool'),
          state: fc.constant('input-streaming'),
          rawInput: fc.string(),
        }),
        fc.record({ type: fc.constant('data-x'), data: fc.integer() }),
      ),
    }),
    fc.record({
      op: fc.constant('custom'),
      value: fc.dictionary(fc.constantFrom('rating', 'label'), fc.nat(3)),
    }),
  )
  // Ops fit the message that they are about: so do those of every writer.
  const begun = ['a', 'b'].flatMap((messageId, index) => [
    opened(messageId, index + 1),
    {
      type: 'message-delta',
      messageId,
      ops: [0, 1, 2].map((at) => ({ op: 'put', part: at, value: { type: 'text', text: '' } })),
    },
  ])
  const undoState = { canUndo: fc.boolean(), canRedo: fc.boolean() }
  const body = fc.oneof(
    {
      weight: 12,
      arbitrary: fc.record({
        type: fc.constant('message-delta'),
        messageId: id,
        ops: fc.array(op, { minLength: 1, maxLength: 3 }),
      }),
    },
    fc.record({
      type: fc.constant('message-finished'),
      messageId: id,
      reason: fc.constant('stop'),
    }),
    fc.record({ type: fc.constant('message-deleted'), messageId: id, ...undoState }),
    fc.record({
      type: fc.constant('message-erased'),
      messageIds: fc.array(id),
      count: fc.nat(),
      ...undoState,
    }),
    fc.record({
      type: fc.constant('message-replaced'),
      message: fc.record({ id, text: fc.string() }).map((replaced) =>
        message(replaced.id, replaced.id === 'a' ? 1 : 2, {
          parts: ['', '', replaced.text].map((text) => ({ type: 'text', text })),
        }),
      ),
    }),
    fc.record({
      type: fc.constant('history-truncated'),
      after: fc.nat({ max: 2 }),
      count: fc.nat(),
      ...undoState,
    }),
    fc.record({ type: fc.constant('run-changed'), runId: id, status: fc.constant('waiting') }),
    fc.record({ type: fc.constant('usage'), version: fc.nat(), totals: fc.constant({}) }),
    fc.constantFrom({ type: 'redacted' }, { type: 'unreadable' }, { type: 'from-the-future' }),
  )

  test('events fold to the same view as single ones, from any cursor', () => {
    fc.assert(
      fc.property(fc.array(body), fc.array(fc.nat()), (bodies, at) => {
        const events = journal(...begun, ...bodies)
        const cuts = at.map((one) => one % events.length).toSorted((a, b) => a - b)
        const merged = [0, ...cuts].flatMap((from, index) =>
          mergeEvents(events.slice(from, cuts[index])),
        )
        expect(fold(emptyView, merged)).toEqual(fold(emptyView, events))
      }),
    )
  })

  test('events of a batch fold to the same view as single ones, and the view before stays as it was', () => {
    const created = id.map((messageId) => opened(messageId, messageId === 'a' ? 1 : 2))
    fc.assert(
      fc.property(fc.array(fc.oneof(body, created)), fc.array(fc.nat()), (bodies, at) => {
        const events = journal(...begun, ...bodies)
        const cuts = at.map((one) => one % events.length).toSorted((a, b) => a - b)
        const views = [0, ...cuts].map((cut) => fold(emptyView, events.slice(0, cut)))
        const kept = structuredClone(views)
        for (const [index, view] of views.entries()) {
          const batch: Batch = {}
          const sent = events.slice(view.seq, cuts[index])
          const last = sent.reduce((before, event) => applyEvent(before, event, batch).view, view)
          expect(last).toEqual(fold(view, sent))
        }
        expect(views).toEqual(kept)
      }),
    )
  })

  test('events of a batch copy the messages once', () => {
    const before = fold(emptyView, journal(...begun))
    const batch: Batch = {}
    let view = before
    const arrays = new Set<readonly Message[]>()
    for (let seq = before.seq + 1; seq <= before.seq + 10; seq++) {
      const event = { ...delta('b', 'x'), seq, from: seq, epoch: 0, at: 1 } as Event
      ;({ view } = applyEvent(view, event, batch))
      arrays.add(view.messages)
    }
    expect(arrays.size).toBe(1)
    expect(view.messages).not.toBe(before.messages)
    expect(view.messages[0]).toBe(before.messages[0])
    expect(view.messages[1]?.parts[0]).toMatchObject({ text: 'x'.repeat(10) })
  })

  test('events fold to the same view when plain text comes in `text` frames', () => {
    const append = fc.record({ op: fc.constant('append'), part, text: fc.string() })
    const plain = fc.record({
      type: fc.constant('message-delta'),
      messageId: id,
      ops: fc.tuple(append),
    })
    let framed = 0
    fc.assert(
      fc.property(fc.array(fc.oneof(plain, body)), fc.array(fc.nat()), (bodies, at) => {
        const events = journal(...begun, ...bodies)
        const cuts = at.map((one) => one % events.length).toSorted((a, b) => a - b)
        const sent = [0, ...cuts].flatMap((from, index) =>
          mergeEvents(events.slice(from, cuts[index])),
        )
        const view = sent.reduce((before, event) => {
          if (!isPlainText(event)) return fold(before, [event])
          framed += 1
          const frame = textFrameOf(event, event.messageId === 'a' ? 1 : 2)
          return fold(before, [eventOfText(frame, before)])
        }, emptyView)
        expect(view).toEqual(fold(emptyView, events))
      }),
    )
    expect(framed).toBeGreaterThan(50)
  })

  test('text makes the same parts for every split into deltas', () => {
    fc.assert(
      fc.property(fc.array(body), fc.infiniteStream(fc.nat()), (bodies, choices) => {
        const split = bodies.flatMap((one) => {
          if (one.type !== 'message-delta' || !('ops' in one)) return [one]
          return one.ops.flatMap((change): Record<string, unknown>[] => {
            if (change.op !== 'append' || !('text' in change)) return [{ ...one, ops: [change] }]
            const { value: choice } = choices.next()
            const middle = choice % (change.text.length + 1)
            const [head, tail] = [change.text.slice(0, middle), change.text.slice(middle)]
            const first = { op: 'append', part: change.part, text: head }
            return [
              { ...one, ops: [first] },
              { ...one, ops: [{ ...change, text: tail }] },
            ]
          })
        })
        const shown = (all: readonly Record<string, unknown>[]) =>
          fold(emptyView, journal(opened('a', 1), opened('b', 2), ...all)).messages.map(
            ({ revision: _, ...rest }) => rest,
          )
        expect(shown(split)).toEqual(shown(bodies))
      }),
    )
  })
})
