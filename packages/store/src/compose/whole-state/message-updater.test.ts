import {
  defaultLimits,
  type EventType,
  type Message,
  type MessageDraft,
  type Part,
} from '@caughtup/schema'
import { applyEvent, emptyView, settleParts, type View } from '@caughtup/schema/fold'
import { ManualClock, settle } from '@caughtup/schema/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { storeDefaults } from '../../options/store-options.ts'
import { Coalescer } from '../../commit/coalescer.ts'
import { memory } from '../../engines/memory/index.ts'
import { MessageUpdater } from './message-updater.ts'
import type { Slice } from '../../port/commit.ts'
import type { Store } from '../../store.ts'
import {
  ended,
  openTestStore,
  startRun,
  testDatabase,
  textOnDisk,
} from '../../../tests/support/open-test-store.ts'

const hour = 3_600_000
const everything = { bytes: 1e9 }
const tool = { type: 'dynamic-tool', toolCallId: 't', toolName: 'read' } as const

/** A store in memory whose window never ends by itself, with a session. */
async function openSession(options: Parameters<typeof openTestStore>[0] = {}) {
  const opened = await openTestStore({ storage: memory(), flush: { windowMs: hour }, ...options })
  const { id: sessionId } = await opened.store.sessions.create({ owner: 'me' })
  return { ...opened, sessionId }
}

function state(parts: Part[], change: Partial<MessageDraft> = {}): MessageDraft {
  const metadata = { createdAt: 1 }
  return { id: 'm', role: 'assistant', parts, metadata, status: 'open', ...change }
}

const text = (value: string): Part => ({ type: 'text', text: value, state: 'streaming' })

async function eventsAfter(store: Store, sessionId: string, seq: number) {
  return (await store.events(sessionId, seq, everything)).events
}

async function typesOf(store: Store, sessionId: string): Promise<EventType[]> {
  return (await eventsAfter(store, sessionId, 0)).map(({ type }) => type)
}

describe('an open message', () => {
  test('an unknown id is a new message, committed and published must-deliver before the call returns', async () => {
    const { store, sessionId } = await openSession()
    const updates = store.updates.subscribe()
    await store.update(sessionId, state([text('Hel')]))
    expect((await updates.next()).value?.message).toMatchObject({
      order: 1,
      parts: [{ text: 'Hel' }],
    })
    expect(store.stats()).toMatchObject({ commits: 1, unflushedBytes: 0 })
    expect(await typesOf(store, sessionId)).toEqual(['message-created'])
  })

  test('states that only grow are one append in the window', async () => {
    const { store, sessionId } = await openSession()
    await store.update(sessionId, state([text('')]))
    for (const value of ['H', 'Hel', 'Hello', 'Hello', 'Hello!']) {
      await store.update(sessionId, state([text(value)]))
    }
    expect(store.stats().commits).toBe(1)
    expect(await eventsAfter(store, sessionId, 1)).toMatchObject([
      { type: 'message-delta', seq: 2, ops: [{ op: 'append', part: 0, text: 'Hello!' }] },
    ])
  })

  test("changes to the caller's state have no effect until the next update", async () => {
    const { store, sessionId } = await openSession()
    const input = { path: 'a' }
    const parts: Part[] = [text('a'), { ...tool, state: 'input-available', input }]
    const mine = state(parts)
    await store.update(sessionId, mine)
    input.path = 'b'
    parts[0] = text('ab')
    expect((await store.message(sessionId, 'm'))?.parts).toMatchObject([
      { text: 'a' },
      { input: { path: 'a' } },
    ])
    await store.update(sessionId, mine)
    expect((await store.message(sessionId, 'm'))?.parts).toMatchObject([
      { text: 'ab' },
      { input: { path: 'b' } },
    ])
  })

  test('fewer parts or other metadata replace it in the window', async () => {
    const { store, sessionId } = await openSession()
    await store.update(sessionId, state([text('a'), text('b')]))
    await store.update(sessionId, state([text('a!'), text('b')]))
    await store.update(sessionId, state([text('a!')]))
    await store.update(sessionId, state([text('a!?')]))
    const metadata = { createdAt: 1, model: 'large' }
    await store.update(sessionId, state([text('a!?')], { metadata }))
    expect(store.stats().commits).toBe(1)
    expect(await eventsAfter(store, sessionId, 1)).toMatchObject([
      { type: 'message-replaced', message: { status: 'open', parts: [{ text: 'a!?' }], metadata } },
    ])
    await store.update(sessionId, state([text('a!?.')], { metadata }))
    expect(await eventsAfter(store, sessionId, 2)).toMatchObject([
      { type: 'message-delta', ops: [{ text: '.' }] },
    ])
  })

  test('other metadata of the host are set in the window, without its text', async () => {
    const { store, sessionId } = await openSession()
    const labelled = (label: string) => ({ metadata: { createdAt: 1, custom: { label } } })
    await store.update(sessionId, state([text('a')]))
    await store.update(sessionId, state([text('a')], labelled('x')))
    await store.update(sessionId, state([text('ab')], labelled('y')))
    await store.update(sessionId, state([text('ab')], labelled('y')))
    expect(await eventsAfter(store, sessionId, 1)).toMatchObject([
      {
        type: 'message-delta',
        ops: [
          { op: 'custom', value: { label: 'y' } },
          { op: 'append', text: 'b' },
        ],
      },
    ])
    await store.update(sessionId, state([text('ab')]))
    expect(await eventsAfter(store, sessionId, 2)).toMatchObject([{ type: 'message-replaced' }])
    expect((await store.message(sessionId, 'm'))?.metadata).toEqual({ createdAt: 1 })
  })

  test('metadata of the host that come after a new state are kept with it', async () => {
    const { store, sessionId } = await openSession()
    await store.update(sessionId, state([text('a'), text('b')]))
    const metadata = { createdAt: 1, custom: { label: 'x' } }
    await store.update(sessionId, state([text('a')]))
    await store.update(sessionId, state([text('a')], { metadata }))
    expect(await eventsAfter(store, sessionId, 1)).toMatchObject([
      { type: 'message-replaced', message: { metadata } },
    ])
  })

  test.each<[string, Part, Part]>([
    ['a tool call added', text('x'), { ...tool, state: 'input-streaming', rawInput: '' }],
    [
      'its input completed',
      { ...tool, state: 'input-streaming', rawInput: '{}' },
      { ...tool, state: 'input-available', input: {} },
    ],
    [
      'its result',
      { ...tool, state: 'input-available', input: {} },
      { ...tool, state: 'output-available', input: {}, output: 'found' },
    ],
    [
      'its last result',
      { ...tool, state: 'output-available', input: {}, output: 'fou', preliminary: true },
      { ...tool, state: 'output-available', input: {}, output: 'found' },
    ],
    [
      'a request for approval',
      { ...tool, state: 'input-available', input: {} },
      { ...tool, state: 'approval-requested', input: {}, approval: { id: 'a' } },
    ],
    [
      'reasoning ended',
      { type: 'reasoning', text: 'hm', state: 'streaming' },
      { type: 'reasoning', text: 'hmm', state: 'done' },
    ],
  ])('%s is committed before the call returns', async (_, before, after) => {
    const { store, sessionId } = await openSession()
    await store.update(sessionId, state([before]))
    await store.update(sessionId, state([before, text('pending')]))
    const { commits } = store.stats()
    await store.update(sessionId, state([after, text('pending')]))
    expect(store.stats()).toMatchObject({ commits: commits + 1, unflushedBytes: 0 })
    expect((await store.message(sessionId, 'm'))?.parts).toEqual([after, text('pending')])
  })

  test.each<[string, (call: Part) => [before: Part[], after: Part[]]]>([
    ['at the end', (call) => [[text('x'), call], [text('x')]]],
    [
      'whose place a text takes',
      (call) => [
        [call, text('x')],
        [text('y'), text('x')],
      ],
    ],
    ['of two with the same id', (call) => [[call, call], [call]]],
  ])('a tool call removed %s is on disk before the call returns', async (_, change) => {
    const { store, path } = await openTestStore({ flush: { windowMs: hour } })
    const run = await startRun(store)
    const { sessionId, runId, messageId } = run
    const [before, after] = change({ ...tool, state: 'input-available', input: {} })
    const given = (parts: Part[]) =>
      state(parts, { id: messageId, metadata: { createdAt: 1, runId } })
    await store.update(sessionId, given([text('pending'), ...before]))
    await store.update(sessionId, given([text('pending, more'), ...before]))
    expect(await textOnDisk(path, run)).not.toContain('more')
    await store.update(sessionId, given([text('pending, more'), ...after]))
    expect(await textOnDisk(path, run)).toContain('more')
    expect(store.stats().unflushedBytes).toBe(0)
    expect((await store.message(sessionId, messageId))?.parts).toHaveLength(after.length + 1)
  })

  test('a window of 0 commits each update before its call returns', async () => {
    const { store, sessionId } = await openSession({ flush: { windowMs: 0 } })
    for (const [index, value] of ['a', 'ab', 'abc'].entries()) {
      await store.update(sessionId, state([text(value)]))
      expect(store.stats()).toMatchObject({ commits: index + 1, unflushedBytes: 0 })
    }
  })

  test('with `firstDelta`, the first text is committed at once', async () => {
    const { store, sessionId } = await openSession({
      flush: { windowMs: hour, firstDelta: true },
    })
    await store.update(sessionId, state([]))
    await store.update(sessionId, state([text('a')]))
    expect(store.stats()).toMatchObject({ commits: 2, unflushedBytes: 0 })
    await store.update(sessionId, state([text('ab')]))
    expect(store.stats().commits).toBe(2)
  })

  test('updates that are not awaited keep their order, also while the first one reads', async () => {
    const { store, sessionId } = await openSession()
    const calls = ['a', 'ab', 'abc'].flatMap((value) => [
      store.update(sessionId, state([text(value)])),
      store.update(sessionId, state([text(value)], { id: 'n' })),
    ])
    await Promise.all(calls)
    const { messages } = await store.window(sessionId)
    expect(messages).toMatchObject([
      { id: 'm', order: 1, parts: [{ text: 'abc' }] },
      { id: 'n', order: 2, parts: [{ text: 'abc' }] },
    ])
  })

  test('an update is compared with the parts of a writer', async () => {
    const { store, sessionId } = await openSession()
    const run = await startRun(store, sessionId)
    const metadata = { createdAt: 1, runId: run.runId }
    const mine = (value: string) => state([text(value)], { id: run.messageId, metadata })
    const writer = store.writer(run)
    await store.update(sessionId, mine('a'))
    await writer.write({ type: 'data-x', data: 1 })
    await store.update(sessionId, mine('ab'))
    await writer.write({ type: 'data-x', data: 2 })
    await store.update(sessionId, mine('abc'))
    expect((await store.message(sessionId, run.messageId))?.parts).toEqual([text('abc')])
  })
})

test('states are kept up to a bound of bytes; the least recently used ones are read again', async () => {
  const clock = new ManualClock()
  const storage = await memory().open({ clock, random: Math.random })
  await storage.createSession({ id: 's', title: '', createdAt: 1, members: ['me'] })
  const commit = (slices: readonly Slice[]) => storage.commit(slices)
  const coalescer = new Coalescer({
    ...storeDefaults.flush,
    clock,
    windowMs: 0,
    commit,
    committed: () => undefined,
  })
  const reads: string[] = []
  const updater = new MessageUpdater({
    coalescer,
    limits: defaultLimits,
    read: (sessionId, id) => {
      reads.push(id)
      return storage.message(sessionId, id)
    },
    mostKeptBytes: 5_000,
  })
  const update = (id: string, value: string) => updater.update('s', state([text(value)], { id }))
  const long = 'x'.repeat(1_500)
  for (const id of ['a', 'b']) await update(id, long)
  await update('a', `${long}!`)
  await update('c', long)
  reads.length = 0
  for (const id of ['a', 'c', 'b']) await update(id, `${long}!!`)
  expect(reads).toEqual(['b'])
  const { messages } = await storage.messages('s', { messages: 3, bytes: 1e6 })
  expect(messages.map(({ parts }) => parts)).toEqual(Array(3).fill([text(`${long}!!`)]))
})

describe('a finished message', () => {
  const usage = { inputTokens: 3, outputTokens: 4 }

  test('is finished with its reason, its usage and its new parts in one commit', async () => {
    const { store, sessionId } = await openSession()
    await store.update(sessionId, state([text('a')]))
    const metadata = { createdAt: 1, model: 'large', usage, finishReason: 'length' as const }
    await store.update(sessionId, state([text('ab')], { status: 'done', metadata }))
    const { commits } = store.stats()
    expect(commits).toBe(2)
    expect(await typesOf(store, sessionId)).toEqual([
      'message-created',
      'message-replaced',
      'message-finished',
      'usage',
    ])
    expect(await store.message(sessionId, 'm')).toMatchObject({
      status: 'done',
      parts: [{ text: 'ab', state: 'done' }],
      metadata: { ...metadata, finishedAt: store.clock.now() },
    })
    expect(await store.usage(sessionId)).toMatchObject({ totals: usage, models: { large: usage } })
  })

  test('its default reason is stop, and nothing is replaced without need', async () => {
    const { store, sessionId } = await openSession()
    await store.update(sessionId, state([text('a')]))
    await store.update(sessionId, state([text('ab')], { status: 'done' }))
    expect(await eventsAfter(store, sessionId, 1)).toMatchObject([
      { type: 'message-delta', ops: [{ op: 'append', text: 'b' }] },
      { type: 'message-finished', reason: 'stop' },
    ])
  })

  test('an answer that arrives whole is a finished answer; a prompt is a message', async () => {
    const { store, sessionId } = await openSession()
    await store.update(sessionId, state([text('Hi')], { id: 'p', role: 'user', status: 'done' }))
    await store.update(sessionId, state([text('Hello')], { status: 'done' }))
    expect(await typesOf(store, sessionId)).toEqual([
      'message-created',
      'message-created',
      'message-finished',
    ])
    expect(await store.activity.row('me', sessionId)).toMatchObject({ unread: 1, messageCount: 2 })
  })

  test('the same state again writes nothing; another one replaces it, and it stays finished', async () => {
    const { store, sessionId } = await openSession()
    const done = state([text('a')], { status: 'done' })
    await store.update(sessionId, done)
    const { commits } = store.stats()
    await store.update(sessionId, done)
    await store.update(sessionId, { ...done, metadata: { createdAt: 1, finishReason: 'stop' } })
    expect(store.stats().commits).toBe(commits)
    await store.update(sessionId, { ...done, parts: [text('b')] })
    const replaced = await store.message(sessionId, 'm')
    expect(replaced).toMatchObject({ status: 'done', parts: [{ text: 'b', state: 'done' }] })
    expect(replaced?.metadata.finishReason).toBe('stop')
    expect((await typesOf(store, sessionId)).at(-1)).toBe('message-replaced')
  })

  test('it cannot be opened again', async () => {
    const { store, sessionId } = await openSession()
    await store.update(sessionId, state([text('a')], { status: 'done' }))
    await expect(store.update(sessionId, state([text('ab')]))).rejects.toMatchObject({
      code: 'CONFLICT',
      data: { reason: 'message-finished' },
    })
  })

  test('one of an older epoch cannot be changed', async () => {
    const { store, sessionId } = await openSession()
    const done = state([text('a')], { status: 'done' })
    await store.update(sessionId, done)
    await store.append({
      sessionId,
      drafts: [{ type: 'boundary', kind: 'reset', trigger: 'user' }],
    })
    await store.update(sessionId, done)
    await expect(store.update(sessionId, { ...done, parts: [text('b')] })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      data: { field: 'messageId' },
    })
  })
})

describe('a message that was removed', () => {
  const gone = { code: 'NOT_FOUND', data: { reason: 'message-deleted' } }

  test('an update after a delete is refused, and nothing appears again', async () => {
    const { store, sessionId } = await openSession()
    await store.update(sessionId, state([text('a')], { status: 'done' }))
    await store.history.delete(sessionId, 'm')
    const updates = store.updates.subscribe()
    await expect(store.update(sessionId, state([text('ab')]))).rejects.toMatchObject(gone)
    await expect(
      store.update(sessionId, state([text('ab')], { status: 'done' })),
    ).rejects.toMatchObject(gone)
    expect((await store.window(sessionId)).messages).toEqual([])
    store.updates.close()
    expect((await updates.next()).done).toBe(true)
  })

  test('a delete while the update reads the message wins', async () => {
    const { store, sessionId } = await openSession()
    const done = state([text('a')], { status: 'done' })
    await store.update(sessionId, done)
    const outcomes = await Promise.allSettled([
      store.history.delete(sessionId, 'm'),
      store.update(sessionId, { ...done, parts: [text('b')] }),
    ])
    expect(outcomes).toMatchObject([{ status: 'fulfilled' }, { reason: { code: 'NOT_FOUND' } }])
    expect((await store.window(sessionId)).messages).toEqual([])
  })

  test('after its session was deleted, buffered deltas are dropped and the next update is refused', async () => {
    const { store, sessionId } = await openSession()
    await store.update(sessionId, state([text('a')]))
    const updates = store.updates.subscribe()
    await store.update(sessionId, state([text('ab')]))
    await store.sessions.delete(sessionId)
    expect(store.stats().unflushedBytes).toBe(0)
    const missing = { code: 'NOT_FOUND', data: { field: 'sessionId' } }
    await expect(store.update(sessionId, state([text('abc')]))).rejects.toMatchObject(missing)
    store.updates.close()
    expect((await updates.next()).value).toMatchObject({ type: 'session-deleted' })
    expect((await updates.next()).done).toBe(true)
  })

  test('an update after its session was deleted is refused at once, whatever is buffered', async () => {
    const { store, sessionId } = await openSession()
    await store.update(sessionId, state([text('a')]))
    await store.sessions.delete(sessionId)
    await expect(store.update(sessionId, state([text('ab')]))).rejects.toMatchObject({
      code: 'NOT_FOUND',
      data: { field: 'sessionId' },
    })
  })
})

describe('runs', () => {
  test('a message of a run is written while the run is active, and refused afterwards', async () => {
    const { store, sessionId } = await openSession()
    const run = await startRun(store, sessionId)
    const mine = (value: string) =>
      state([text(value)], { id: run.messageId, metadata: { createdAt: 1, runId: run.runId } })
    await store.update(sessionId, mine('a'))
    await store.append({ sessionId, drafts: [ended(run.runId)] })
    const superseded = { code: 'CONFLICT', data: { reason: 'run-superseded' } }
    await store.update(sessionId, mine('ab'))
    await store.flushAll()
    await expect(store.update(sessionId, mine('abc'))).rejects.toMatchObject(superseded)
    expect(store.stats().unflushedBytes).toBe(0)
    const done = { ...mine('abcd'), status: 'done' as const }
    await expect(store.update(sessionId, done)).rejects.toMatchObject(superseded)
    expect((await store.message(sessionId, run.messageId))?.parts).toEqual([text('a')])
  })

  test('a message that a run takes over is written while that run is active', async () => {
    const { store, sessionId } = await openSession()
    await store.update(sessionId, state([text('a')]))
    const { runId } = await startRun(store, sessionId)
    const metadata = { createdAt: 1, runId }
    await store.update(sessionId, state([text('ab')], { metadata }))
    await store.append({ sessionId, drafts: [ended(runId)] })
    await store.update(sessionId, state([text('abc')], { metadata }))
    await store.flushAll()
    await expect(store.update(sessionId, state([], { metadata }))).rejects.toMatchObject({
      data: { reason: 'run-superseded' },
    })
    expect((await store.message(sessionId, 'm'))?.parts).toEqual([text('ab')])
  })

  test('a message without a run is written during any run', async () => {
    const { store, sessionId } = await openSession()
    await startRun(store, sessionId)
    await store.update(sessionId, state([text('a')]))
    await store.update(sessionId, state([text('ab')], { status: 'done' }))
    expect(await store.message(sessionId, 'm')).toMatchObject({ status: 'done' })
  })
})

describe('bad states', () => {
  test.each<[string, Partial<MessageDraft>]>([
    ['a part of no known type', { parts: [{ type: 'nonsense' } as never] }],
    ['a part without its text', { parts: [{ type: 'text', state: 'streaming' } as never] }],
    ['a value without JSON form', { parts: [{ type: 'data-x', data: 1n }] }],
    ['metadata that nobody could read', { metadata: { createdAt: 1.5 } }],
    [
      'metadata of the host that are no object',
      { metadata: { createdAt: 1, custom: [] as never } },
    ],
    [
      'metadata of the host that are too large',
      { metadata: { createdAt: 1, custom: { label: 'x'.repeat(16 * 1024) } } },
    ],
    ['another role', { role: 'user' }],
  ])('%s is refused, and the message stays as it was', async (_, change) => {
    const { store, sessionId } = await openSession()
    await store.update(sessionId, state([text('a')]))
    for (const status of ['open', 'done'] as const) {
      await expect(
        store.update(sessionId, { ...state([text('ab')]), status, ...change }),
      ).rejects.toMatchObject({ code: 'BAD_INPUT' })
    }
    expect(store.stats().unflushedBytes).toBe(0)
    await store.update(sessionId, state([text('abc')]))
    expect((await store.message(sessionId, 'm'))?.parts).toEqual([text('abc')])
  })

  test('a message above its limits is refused, at its creation and later', async () => {
    const { store, sessionId } = await openSession({
      limits: { messageBytes: 200, messageParts: 2 },
    })
    const tooLarge = { code: 'TOO_LARGE', data: { limit: 200 } }
    const long = state([text('x'.repeat(201))])
    await expect(store.update(sessionId, long)).rejects.toMatchObject(tooLarge)
    await store.update(sessionId, state([text('x')]))
    await expect(store.update(sessionId, long)).rejects.toMatchObject(tooLarge)
    const many = state([text('x'), text('y'), text('z')])
    await expect(store.update(sessionId, many)).rejects.toMatchObject({ data: { limit: 2 } })
    const metadata = { createdAt: 1, model: 'large' }
    await expect(store.update(sessionId, { ...long, metadata })).rejects.toMatchObject(tooLarge)
    expect((await store.message(sessionId, 'm'))?.parts).toEqual([text('x')])
    await store.update(sessionId, state([text('x')], { status: 'done' }))
    await expect(store.update(sessionId, { ...long, status: 'done' })).rejects.toMatchObject(
      tooLarge,
    )
  })

  test('an abort ends the wait, and a call with an aborted signal writes nothing', async () => {
    const { store, sessionId } = await openSession()
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(store.update(sessionId, state([text('a')]), { signal })).rejects.toThrow('enough')
    await settle()
    expect((await store.window(sessionId)).messages).toEqual([])
    await store.update(sessionId, state([text('a')]))
    await expect(store.update(sessionId, state([text('ab')]), { signal })).rejects.toThrow('enough')
    expect(store.stats().unflushedBytes).toBe(0)
  })
})

/**
 * The change that a program makes to its state before the next update; texts may end in half an
 * emoji.
 */
const someText = fc.string({
  unit: fc.oneof(fc.constantFrom('a', ' ', '\ud83d', '\ude00'), fc.string({ maxLength: 1 })),
})
const change = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('grow'), at: fc.nat(3), text: someText }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('text', 'reasoning', 'tool', 'data', 'edit', 'model', 'label', 'bare'),
      at: fc.nat(3),
      text: someText,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('step', 'drop', 'wait', 'finish', 'other'),
      at: fc.nat(3),
      text: fc.constant(''),
    }),
  },
)
type Change = { do: string; at: number; text: string }

function nextPart(part: Part, { do: action, text: added }: Change): Part {
  if (part.type === 'text' || part.type === 'reasoning') {
    if (action === 'edit') return { ...part, text: added }
    return action === 'step' ? { ...part, state: 'done' } : { ...part, text: part.text + added }
  }
  if (part.type === 'data-x') return action === 'edit' ? { ...part, data: { added } } : part
  if (part.type !== 'dynamic-tool') return part
  if (part.state === 'input-streaming') {
    const { rawInput, ...call } = part
    return action === 'step'
      ? { ...call, state: 'input-available', input: { rawInput } }
      : { ...part, rawInput: rawInput + added }
  }
  if (part.state !== 'input-available' || action !== 'step') return part
  return { ...part, state: 'output-available', output: added }
}

function nextState(draft: MessageDraft, change: Change): MessageDraft {
  const { parts, metadata } = draft
  switch (change.do) {
    case 'text':
    case 'reasoning':
      return { ...draft, parts: [...parts, { type: change.do, text: change.text }] }
    case 'tool': {
      const call = { ...tool, toolCallId: `t${parts.length}`, rawInput: change.text }
      return { ...draft, parts: [...parts, { ...call, state: 'input-streaming' }] }
    }
    case 'data':
      return { ...draft, parts: [...parts, { type: 'data-x', data: [change.text, undefined] }] }
    case 'drop':
      return { ...draft, parts: parts.slice(0, change.at) }
    case 'model':
      return { ...draft, metadata: { ...metadata, model: change.text } }
    case 'label':
      return { ...draft, metadata: { ...metadata, custom: { [`${change.at}`]: change.text } } }
    case 'bare': {
      const { custom: _, ...rest } = metadata
      return { ...draft, metadata: rest }
    }
    case 'finish':
      return { ...draft, status: 'done' }
    default: {
      const part = parts[change.at]
      return part ? { ...draft, parts: parts.with(change.at, nextPart(part, change)) } : draft
    }
  }
}

/** The expected message: its last state as it is stored, without what only a store knows. */
function outcome({ id, role, status, parts, metadata }: MessageDraft) {
  const { finishedAt: _, ...rest } = metadata
  const settled = status === 'done' ? settleParts(parts, 'stop') : parts
  const finish = status === 'done' && { finishReason: 'stop' }
  return JSON.parse(
    JSON.stringify({ id, role, status, parts: settled, metadata: { ...rest, ...finish } }),
  )
}

describe('coalesced and uncoalesced converge', () => {
  test('any sequence of states ends in the last one, with any window, as if each were written whole', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 40 }), async (changes: Change[]) => {
        const states: (MessageDraft | 'wait')[] = []
        const current = new Map(['m', 'n'].map((id) => [id, state([], { id })]))
        let id = 'm'
        for (const step of changes) {
          if (step.do === 'other') id = id === 'm' ? 'n' : 'm'
          const next = nextState(current.get(id)!, step)
          current.set(id, next)
          states.push(step.do === 'wait' ? 'wait' : next)
        }
        const touched = new Set(states.flatMap((each) => (each === 'wait' ? [] : each.id)))
        const expected = [...touched].map((each) => outcome(current.get(each)!))
        for (const windowMs of [33, 0, hour]) {
          const { store, clock, sessionId } = await openSession({ flush: { windowMs } })
          for (const each of states) {
            if (each === 'wait') await clock.advance(20)
            else await store.update(sessionId, each)
          }
          await expectEnd(store, sessionId, expected)
        }
        const { store, sessionId } = await openSession()
        for (const each of states) if (each !== 'wait') await writeWhole(store, sessionId, each)
        await expectEnd(store, sessionId, expected)
      }),
      { numRuns: 100 },
    )
  }, 60_000)

  async function expectEnd(store: Store, sessionId: string, expected: unknown[]) {
    const { messages } = await store.window(sessionId)
    expect(messages.map(outcome)).toEqual(expected)
    const events = await eventsAfter(store, sessionId, 0)
    const view = events.reduce<View>((seen, event) => {
      const applied = applyEvent(seen, event)
      expect(applied.result).toBe('applied')
      return applied.view
    }, emptyView)
    expect(view.messages).toEqual(messages)
    await store.close()
  }

  async function writeWhole(store: Store, sessionId: string, draft: MessageDraft) {
    const { id: messageId, parts, metadata } = outcome(draft)
    const known = await store.message(sessionId, messageId)
    if (!known) {
      const message = { ...draft, status: 'open' as const }
      await store.append({ sessionId, drafts: [{ type: 'message-created', message }] })
    }
    const replaced = { type: 'message-replaced', messageId, parts, metadata } as const
    await store.append({ sessionId, drafts: [replaced] })
    if (draft.status === 'open' || known?.status === 'done') return
    const finished = { type: 'message-finished', messageId, reason: 'stop' } as const
    await store.append({ sessionId, drafts: [finished] })
  }
})

describe('on disk', () => {
  test('after a restart an update continues from the stored state', async () => {
    const path = testDatabase()
    const first = await openTestStore({ path, flush: { windowMs: hour } })
    const { id: sessionId } = await first.store.sessions.create({ owner: 'me' })
    await first.store.update(sessionId, state([text('a')]))
    await first.store.update(sessionId, state([text('ab')]))
    await first.store.close()
    const { store } = await openTestStore({ path, flush: { windowMs: hour } })
    const { cursor } = await store.head(sessionId)
    await store.update(sessionId, state([text('abc')]))
    expect(await eventsAfter(store, sessionId, cursor.seq)).toMatchObject([
      { type: 'message-delta', ops: [{ op: 'append', text: 'c' }] },
    ])
  })

  test('an emoji that is split between two windows is whole again', async () => {
    const path = testDatabase()
    const { store } = await openTestStore({ path, flush: { windowMs: hour } })
    const { id: sessionId } = await store.sessions.create({ owner: 'me' })
    const [high = ''] = '😀'
    for (const value of ['a', `a${high[0]}`, 'a😀', 'a😀b']) {
      await store.update(sessionId, state([text(value)]))
      await store.flushAll()
    }
    expect(await textOnDisk(path, { sessionId, messageId: 'm', runId: '' })).toBe('a😀b')
    await store.close()
    const again = await openTestStore({ path })
    const message: Message | undefined = await again.store.message(sessionId, 'm')
    expect(message?.parts).toEqual([text('a😀b')])
  })
})
