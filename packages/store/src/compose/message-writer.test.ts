import { type AgentPart, CaughtupError, type FinishReason, type ToolPart } from '@caughtup/schema'
import { settle } from '@caughtup/schema/testing'
import { describe, expect, test } from 'vitest'

import { memory } from '../engines/memory/index.ts'
import type { MessageWriter } from './message-writer.ts'
import {
  ended,
  filler,
  intercepted,
  messagesOf,
  openTestStore,
  runDrafts,
  startRun,
  testDatabase,
  type TestRun,
  textOnDisk,
} from '../../tests/support/open-test-store.ts'

const text = (value: string) => ({ type: 'text-delta' as const, text: value })
const hour = 3_600_000

const tool = { toolCallId: 't', toolName: 'read' }
const reasoning = { type: 'reasoning-delta' as const, id: 'r', text: 'hmm' }

interface Structural {
  flushes: string
  delivers: string
  act: (writer: MessageWriter, run: TestRun) => Promise<void>
  /** How readers then see the message. */
  shows: object
}

function toolChange(title: string, part: AgentPart, state: ToolPart['state']): Structural {
  return {
    flushes: `tool-call changes flush: ${title}`,
    delivers: `structural updates are must-deliver: tool ${title}`,
    act: (writer) => writer.write(part),
    shows: { parts: [{}, {}, { state }] },
  }
}

function end(reason: FinishReason): Structural {
  return {
    flushes: `terminal updates flush at once: ${reason}`,
    delivers: `a terminal update is must-deliver: ${reason}`,
    act: (writer, { runId }) => writer.finish({ reason }, [ended(runId)]),
    shows: { status: 'done', metadata: { finishReason: reason } },
  }
}

/** The calls that return after their commit. */
const structural: Structural[] = [
  toolChange('added', { type: 'tool-input-start', id: 't', toolName: 'read' }, 'input-streaming'),
  toolChange('input complete', { type: 'tool-call', ...tool, input: {} }, 'input-available'),
  toolChange(
    'finished',
    { type: 'tool-result', ...tool, input: {}, output: 'found' },
    'output-available',
  ),
  toolChange('failed', { type: 'tool-error', ...tool, input: {}, error: 'no' }, 'output-error'),
  {
    flushes: 'reasoning end flushes',
    delivers: 'structural updates are must-deliver: reasoning ended',
    act: (writer) => writer.write({ type: 'reasoning-end', id: 'r' }),
    shows: { parts: [{}, { type: 'reasoning', state: 'done' }] },
  },
  end('stop'),
  end('error'),
  end('interrupted'),
]

describe('structural updates', () => {
  test.each(structural)('$flushes, on disk, with a window of an hour', async ({ act, shows }) => {
    const { store, path } = await openTestStore({ flush: { windowMs: hour } })
    const run = await startRun(store)
    const writer = store.writer(run)
    await writer.write(text('before '))
    await writer.write(reasoning)
    expect(await textOnDisk(path, run)).toBe('')
    await act(writer, run)
    expect(await textOnDisk(path, run)).toBe('before hmm')
    expect(store.stats().unflushedBytes).toBe(0)
    expect(await store.message(run.sessionId, run.messageId)).toMatchObject(shows)
  })

  test.each(structural)('$delivers', async ({ act, shows }) => {
    const { store } = await openTestStore({ storage: memory(), updates: { capacity: 2 } })
    const run = await startRun(store)
    const writer = store.writer(run)
    await writer.write(text('before '))
    await writer.write(reasoning)
    await store.flushAll()
    const updates = store.updates.subscribe()
    store.updates.publish(filler)
    store.updates.publish(filler)
    let returned = false
    const acting = act(writer, run).then(() => (returned = true))
    await settle()
    expect(returned).toBe(false)
    expect([await updates.next(), await updates.next()]).toMatchObject([
      { value: filler },
      { value: filler },
    ])
    await acting
    expect((await updates.next()).value).toMatchObject({ type: 'message', message: shows })
    expect(store.stats()).toMatchObject({ updateDrops: 0, updateMustDeliverDrops: 0 })
  })

  test('only the call itself waits for slow subscribers of updates, no commit does', async () => {
    const { store, clock } = await openTestStore({ storage: memory(), updates: { capacity: 1 } })
    const [run, other] = [await startRun(store), await startRun(store)]
    store.updates.subscribe()
    store.updates.publish(filler)
    let returned = false
    const finishing = store
      .writer(run)
      .finish({ reason: 'stop' }, [ended(run.runId)])
      .then(() => (returned = true))
    await settle()
    const { commits } = store.stats()
    await store.writer(other).write(text('a'))
    await store.flushAll()
    expect(store.stats().commits).toBe(commits + 1)
    expect((await store.message(run.sessionId, run.messageId))?.status).toBe('done')
    expect(returned).toBe(false)
    await clock.advance(50)
    await finishing
    expect(store.stats()).toMatchObject({ updateMustDeliverDrops: 1, updateDrops: 1 })
  })

  test('the deltas of a window are published lossy, and drops are counted', async () => {
    const { store, clock } = await openTestStore({ storage: memory(), updates: { capacity: 1 } })
    const run = await startRun(store)
    const writer = store.writer(run)
    store.updates.subscribe()
    for (let i = 0; i < 3; i++) {
      await writer.write(text('a'))
      await clock.advance(33)
    }
    expect(store.stats()).toMatchObject({ updateDrops: 2, updateMustDeliverDrops: 0 })
  })

  test('parts whose calls were not awaited are committed in the order of the calls', async () => {
    const { store } = await openTestStore({ storage: memory() })
    const run = await startRun(store)
    const writer = store.writer(run)
    await Promise.all([
      writer.write(text('a')),
      writer.write({ type: 'tool-call', ...tool, input: {} }),
      writer.write(text('b')),
      writer.write({ type: 'tool-result', ...tool, input: {}, output: 'found' }),
      writer.write(text('c')),
      writer.finish({ reason: 'stop' }),
    ])
    expect((await store.message(run.sessionId, run.messageId))?.parts).toMatchObject([
      { text: 'a' },
      { state: 'output-available' },
      { text: 'bc' },
    ])
  })

  test('text that ends in the window in which it grew is done', async () => {
    const { store } = await openTestStore({ storage: memory() })
    const run = await startRun(store)
    const writer = store.writer(run)
    const block = { type: 'text-delta', id: '1' } as const
    await writer.write({ ...block, text: 'a' })
    await store.flushAll()
    await writer.write({ ...block, text: 'b' })
    await writer.write({ type: 'text-end', id: '1' })
    expect((await store.message(run.sessionId, run.messageId))?.parts).toEqual([
      { type: 'text', text: 'ab', state: 'done' },
    ])
  })

  test('a message that waits for an answer has no text that goes on', async () => {
    const { store } = await openTestStore({ storage: memory() })
    const run = await startRun(store)
    const writer = store.writer(run)
    await writer.write({ type: 'text-delta', id: '1', text: 'May I?' })
    await writer.write({ type: 'tool-call', ...tool, input: {} })
    const before = store.stats().commits
    await writer.suspend({})
    expect(store.stats().commits).toBe(before + 1)
    expect((await store.message(run.sessionId, run.messageId))?.parts).toMatchObject([
      { text: 'May I?', state: 'done' },
      { state: 'input-available' },
    ])
  })

  test('the finish, the end of the run and buffered deltas are one commit', async () => {
    const { store } = await openTestStore({ storage: memory(), flush: { windowMs: hour } })
    const run = await startRun(store)
    const writer = store.writer(run)
    await writer.write(text('partial'))
    const before = store.stats().commits
    await writer.finish({ reason: 'stop', usage: { outputTokens: 1 } }, [ended(run.runId)])
    await writer.finish({ reason: 'stop' }, [ended(run.runId)])
    expect(store.stats().commits).toBe(before + 1)
    const { events } = await store.events(run.sessionId, 3, { bytes: 1e6 })
    expect(events.map(({ type }) => type)).toEqual([
      'message-delta',
      'message-finished',
      'usage',
      'run-ended',
    ])
  })

  test('a run of which a stuck subscriber dropped updates has one end, after its last delta', async () => {
    const { store, clock } = await openTestStore({
      storage: memory(),
      flush: { windowMs: hour },
      updates: { capacity: 1 },
    })
    const run = await startRun(store)
    store.updates.subscribe()
    store.updates.publish(filler)
    const writer = store.writer(run)
    await writer.write(text('a'))
    await store.flushAll()
    await writer.write(text('b'))
    const ends = [1, 2].map(() => writer.finish({ reason: 'stop' }, [ended(run.runId)]))
    await clock.advance(50)
    await Promise.all(ends)
    const { events } = await store.events(run.sessionId, 3, { bytes: 1e6 })
    expect(events.map(({ type }) => type)).toEqual([
      'message-delta',
      'message-finished',
      'run-ended',
    ])
    expect(events[0]).toMatchObject({ ops: [{ value: { text: 'ab' } }] })
    expect(store.stats()).toMatchObject({ updateDrops: 2, updateMustDeliverDrops: 1 })
  })

  test('states of a message are published in the order of their seqs', async () => {
    const { store, clock } = await openTestStore({
      storage: memory(),
      updates: { capacity: 1_000 },
    })
    const run = await startRun(store)
    const writer = store.writer(run)
    const updates = store.updates.subscribe()
    const calls: Promise<void>[] = []
    for (let i = 0; i < 50; i++) {
      calls.push(writer.write(text('a')))
      if (i % 3 === 0)
        calls.push(writer.write({ type: 'tool-input-start', id: `${i}`, toolName: 'x' }))
      if (i % 7 === 0) await clock.advance(20)
    }
    calls.push(writer.finish({ reason: 'stop' }))
    await Promise.all(calls)
    store.updates.close()
    const revisions: number[] = []
    for await (const { revision } of messagesOf(updates)) revisions.push(revision)
    expect(revisions.length).toBeGreaterThan(17)
    expect(revisions).toEqual(revisions.toSorted((a, b) => a - b))
    expect(new Set(revisions).size).toBe(revisions.length)
  })
})

describe('a refused finish', () => {
  const usage = { inputTokens: 1 }
  const run = { sessionId: '', runId: 'r', messageId: 'm' }
  test.each<[string, unknown, unknown[]]>([
    ['its usage', { reason: 'stop', usage: { inputTokens: NaN } }, [ended(run.runId)]],
    ['its reason', { reason: 'over' }, []],
    ['its part', { reason: 'stop', part: { type: 'text', text: 1 } }, []],
    ['what goes alongside', { reason: 'stop' }, [{ type: 'run-ended', runId: 'r', reason: 1 }]],
  ])('leaves a message that can be written and finished: for %s', async (_, options, alongside) => {
    const { store } = await openTestStore({ storage: memory() })
    const { id: sessionId } = await store.sessions.create({ owner: 'me' })
    await store.append({ sessionId, drafts: runDrafts(run) })
    const writer = store.writer({ ...run, sessionId })
    await writer.write(text('a'))
    await expect(writer.finish(options as never, alongside as never)).rejects.toMatchObject({
      code: 'BAD_INPUT',
    })
    await writer.write(text('b'))
    const part = { type: 'data-notice', data: 1 } as const
    await writer.finish({ reason: 'stop', usage, part }, [ended(run.runId)])
    await writer.finish({ reason: 'error', usage })
    const { head, open } = await store.head(sessionId)
    expect({ run: head.run, open }).toEqual({ run: undefined, open: [] })
    expect(await store.message(sessionId, run.messageId)).toMatchObject({
      parts: [{ text: 'ab' }, part],
      metadata: { finishReason: 'stop' },
    })
    expect((await store.usage(sessionId)).totals).toEqual(usage)
  })

  test('because of another run is final, and nothing more is written', async () => {
    const { store } = await openTestStore({ storage: memory() })
    const target = await startRun(store)
    await store.append({ sessionId: target.sessionId, drafts: [ended(target.runId)] })
    const writer = store.writer(target)
    for (const _ of [1, 2]) {
      await expect(writer.finish({ reason: 'stop' })).rejects.toMatchObject({
        data: { reason: 'run-superseded' },
      })
    }
    await expect(writer.write(text('late'))).rejects.toMatchObject({ code: 'CONFLICT' })
  })
})

test.each<[string, object | undefined, string]>([
  ['text', { type: 'text-delta', textDelta: 'hi' }, 'text-delta.text'],
  ['reasoning', { type: 'reasoning-delta', id: 'r' }, 'reasoning-delta.text'],
  ['tool input', { type: 'tool-input-delta', id: 't' }, 'tool-input-delta.delta'],
  ['nothing', undefined, 'part'],
])('a delta of %s without its text is refused by name', async (_, part, field) => {
  const { store } = await openTestStore({ storage: memory() })
  const writing = store.writer(await startRun(store)).write(part as never)
  await expect(writing).rejects.toMatchObject({ code: 'BAD_INPUT', data: { field } })
})

test.each<[string, object, string]>([
  ['too large', { type: 'data-x', data: 'x'.repeat(1_000) }, 'TOO_LARGE'],
  ['a tool call that could not be read back', { type: 'tool-call', toolCallId: 1 }, 'BAD_INPUT'],
])(
  'the part of a finish follows the written parts, after one that was %s',
  async (_, part, code) => {
    const { store } = await openTestStore({ storage: memory(), limits: { messageBytes: 500 } })
    const run = await startRun(store)
    const writer = store.writer(run)
    await writer.write(text('a'))
    await expect(writer.write(part as never)).rejects.toMatchObject({ code })
    await writer.finish({ reason: 'error', part: { type: 'data-notice', data: 1 } })
    const message = await store.message(run.sessionId, run.messageId)
    expect(message?.parts).toMatchObject([{ text: 'a' }, { type: 'data-notice' }])
  },
)

describe('metadata of the host', () => {
  const said = (messageMetadata: Record<string, unknown>) =>
    ({ type: 'message-metadata', messageMetadata }) as const

  test('are buffered with the text, and are on disk once the message is finished', async () => {
    const { store, clock, path } = await openTestStore()
    const run = await startRun(store)
    const writer = store.writer(run)
    const { commits } = store.stats()
    await writer.write(text('a'))
    await writer.write(said({ rating: 1, label: 'x' }))
    await writer.write(text('b'))
    await writer.write(said({ rating: 2 }))
    expect(store.stats().commits).toBe(commits)
    await clock.advance(40)
    const custom = { rating: 2, label: 'x' }
    expect((await store.events(run.sessionId, 3, { bytes: 1e9 })).events).toMatchObject([
      { type: 'message-delta', ops: [{ part: 0 }, { op: 'custom', value: custom }] },
    ])
    await writer.write(said({ cost: 3 }))
    await writer.finish({ reason: 'stop' }, [ended(run.runId)])
    await store.close()
    const reopened = await openTestStore({ path })
    expect((await reopened.store.message(run.sessionId, run.messageId))?.metadata).toMatchObject({
      custom: { ...custom, cost: 3 },
      finishReason: 'stop',
    })
  })

  test('count towards the size of the message', async () => {
    const { store } = await openTestStore({ limits: { messageBytes: 500 } })
    const writer = store.writer(await startRun(store))
    await writer.write(text('x'.repeat(300)))
    await writer.write(said({ label: 'y'.repeat(100) }))
    // The newest ones take the place of those before.
    await writer.write(said({ label: 'z'.repeat(100) }))
    await expect(writer.write(text('x'.repeat(100)))).rejects.toMatchObject({
      code: 'TOO_LARGE',
      data: { limit: 500 },
    })
  })

  test('are bounded all together, and the message stays as it was', async () => {
    const { store } = await openTestStore({ limits: { metadataBytes: 50 } })
    const run = await startRun(store)
    const writer = store.writer({ ...run, custom: { a: 'x'.repeat(30) } })
    await expect(writer.write(said({ b: 'y'.repeat(20) }))).rejects.toMatchObject({
      code: 'BAD_INPUT',
      data: { field: 'metadata.custom', limit: 50 },
    })
    await writer.finish({ reason: 'error' })
    expect((await store.message(run.sessionId, run.messageId))?.metadata).not.toHaveProperty(
      'custom',
    )
  })
})

describe('limits and ends', () => {
  test('a message that would exceed its limit is kept up to there', async () => {
    const { store } = await openTestStore({ limits: { messageBytes: 1_000 } })
    const run = await startRun(store)
    const writer = store.writer(run)
    await writer.write(text('x'.repeat(900)))
    await expect(writer.write(text('y'.repeat(100)))).rejects.toMatchObject({
      code: 'TOO_LARGE',
      data: { limit: 1_000 },
    })
    await writer.finish({ reason: 'error' })
    expect((await store.message(run.sessionId, run.messageId))?.parts).toMatchObject([
      { text: 'x'.repeat(900) },
    ])
  })

  test('a run that was ended elsewhere cannot write any more', async () => {
    const { store, clock } = await openTestStore()
    const run = await startRun(store)
    const writer = store.writer(run)
    await writer.write(text('mine'))
    await store.append({
      sessionId: run.sessionId,
      guard: { is: 'run', runId: run.runId },
      drafts: [
        { type: 'message-finished', messageId: run.messageId, reason: 'lost' },
        { type: 'run-ended', runId: run.runId, reason: 'lost' },
      ],
    })
    await writer.write(text('late'))
    await clock.advance(33)
    await expect(writer.write(text('later'))).rejects.toMatchObject({
      code: 'CONFLICT',
      data: { reason: 'run-superseded' },
    })
    expect((await store.message(run.sessionId, run.messageId))?.parts).toMatchObject([
      { text: 'mine' },
    ])
  })

  test('a delete drops the buffered deltas, and nothing of them appears', async () => {
    const { store, clock } = await openTestStore({ storage: memory() })
    const run = await startRun(store)
    const writer = store.writer(run)
    const updates = store.updates.subscribe()
    await writer.write(text('a'))
    await store.sessions.delete(run.sessionId)
    const { commits } = store.stats()
    expect(store.stats().unflushedBytes).toBe(0)
    await clock.advance(1_000)
    expect(store.stats().commits).toBe(commits)
    const gone = { code: 'NOT_FOUND', data: { field: 'sessionId' } }
    await expect(writer.write(text('b'))).rejects.toMatchObject(gone)
    await expect(writer.finish({ reason: 'stop' })).rejects.toMatchObject(gone)
    store.updates.close()
    expect((await updates.next()).value).toMatchObject({ type: 'session-deleted' })
    expect((await updates.next()).done).toBe(true)
  })

  test.each(['before', 'after'] as const)(
    'a delete during a write, %s it is made, wins',
    async (when) => {
      const file = testDatabase()
      let gate = Promise.resolve()
      const { store, clock } = await openTestStore({
        path: file,
        storage: intercepted(file, async (commit, slices) => {
          if (when === 'before') await gate
          const results = await commit(slices)
          if (when === 'after') await gate
          return results
        }),
      })
      const run = await startRun(store)
      const writer = store.writer(run)
      const updates = store.updates.subscribe()
      const { promise, resolve } = Promise.withResolvers<void>()
      gate = promise
      await writer.write(text('a'))
      await clock.advance(33)
      const finishing = writer.finish({ reason: 'stop' })
      await store.sessions.delete(run.sessionId)
      resolve()
      await expect(finishing).rejects.toMatchObject({ code: 'NOT_FOUND' })
      await store.flushAll()
      store.updates.close()
      expect((await updates.next()).value).toMatchObject({ type: 'session-deleted' })
      expect((await updates.next()).done).toBe(true)
      expect(store.stats()).toMatchObject({ openMessages: 0, unflushedBytes: 0 })
    },
  )

  test('a closed store refuses writes, and has kept the accepted ones', async () => {
    const { store, path } = await openTestStore({ flush: { windowMs: hour } })
    const run = await startRun(store)
    const writer = store.writer(run)
    await writer.write(text('kept'))
    await store.close()
    expect(await textOnDisk(path, run)).toBe('kept')
    await expect(writer.write(text('more'))).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })

  test('an abort of an append ends its wait, and the change is still committed', async () => {
    const { store } = await openTestStore({ storage: memory() })
    const run = await startRun(store)
    const controller = new AbortController()
    const { sessionId } = run
    const appending = store.append(
      { sessionId, drafts: [ended(run.runId)] },
      { signal: controller.signal },
    )
    controller.abort(new CaughtupError('UNAVAILABLE', 'enough'))
    await expect(appending).rejects.toThrow('enough')
    expect((await store.head(sessionId)).head.run).toBeUndefined()
  })
})
