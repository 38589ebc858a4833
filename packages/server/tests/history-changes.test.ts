import {
  type ChatFrame,
  encodeCursor,
  type EventDraft,
  type HistoryDraft,
  type OnChatInput,
} from '@caughtup/schema'
import { ManualClock } from '@caughtup/schema/testing'
import { createStore, type StorageFactory, type Store } from '@caughtup/store'
import { memory } from '@caughtup/store/memory'
import { sqlite } from '@caughtup/store/sqlite'
import { getEventMeta } from '@orpc/client'
import { describe, expect, test } from 'vitest'

import { interceptedStorage, type StorageHooks } from './support/intercept-storage.ts'
import { openTestServer, readUntil, testDatabase } from './support/open-test-server.ts'
import { ScriptedAgent } from './support/scripted-agent.ts'

const full = { type: 'full' } as const

function note(id: string, role: 'user' | 'assistant' = 'user') {
  const parts = [{ type: 'text' as const, text: `text of ${id}` }]
  return { id, role, status: 'done' as const, parts, metadata: { createdAt: 1 } }
}

/** Writes events of an idle session, each in its own commit. */
async function append(store: Store, sessionId: string, ...drafts: EventDraft[]) {
  for (const draft of drafts) {
    const slice = { sessionId, drafts: [draft], guard: { is: 'no-active-run' } as const }
    expect((await store.append(slice)).refused).toBeUndefined()
  }
}

const created = (...ids: string[]) =>
  ids.map((id) => ({ type: 'message-created' as const, message: note(id) }))
const imported = (...ids: string[]): HistoryDraft => ({
  type: 'imported',
  messages: ids.map((id) => note(id)),
  identities: [],
})
const reset = { type: 'boundary', kind: 'reset', trigger: 'user' } as const
const undo = { type: 'history-truncated', undo: true, keep: 20 } as const
const redo = { type: 'history-restored' } as const

/** A session of messages `m1` to `m4`; a window has two of them. */
async function openSession() {
  const hooks: StorageHooks = {}
  const storage = interceptedStorage(testDatabase(), hooks)
  const server = await openTestServer({ storage, limits: { windowMessages: 2 } })
  const client = server.client()
  const { id: sessionId } = await client.sessions.create({ title: 'Test' })
  const write = (...drafts: EventDraft[]) => append(server.store, sessionId, ...drafts)
  await write(...created('m1', 'm2', 'm3', 'm4'))
  /** Runs once, after the window of the next replay was read. */
  const behindTheWindow = (...drafts: EventDraft[]) => {
    hooks.segments = async () => {
      hooks.segments = undefined
      await write(...drafts)
    }
  }
  const replay = async (cursor?: string) => {
    const mode = cursor === undefined ? full : ({ type: 'since', cursor } as const)
    const stream = await client.onChat({ sessionId, mode })
    const frames = await readUntil(stream, 'caught-up')
    return { stream, frames, caughtUp: frames.at(-1) as ChatFrame & { type: 'caught-up' } }
  }
  return { ...server, client, sessionId, write, behindTheWindow, replay }
}

const typesOf = (frames: readonly ChatFrame[]) =>
  frames.map((frame) =>
    frame.type === 'events' ? frame.events.map(({ type }) => type).join(' ') : frame.type,
  )

/** The ids of the messages in the newest window of the frames. */
function windowOf(frames: readonly ChatFrame[]): string[] {
  return frames
    .slice(frames.findLastIndex(({ type }) => type === 'replay'))
    .flatMap((frame) => (frame.type === 'messages' ? frame.messages.map(({ id }) => id) : []))
}

describe('a full replay', () => {
  test.each([
    ['an import', imported('i1', 'i2'), ['i1', 'i2'], 5],
    ['a truncation before it', { type: 'history-truncated', after: 'm1' } as const, ['m1'], 5],
  ])('starts again if %s is committed after its window', async (_, change, window, seq) => {
    const { behindTheWindow, replay } = await openSession()
    behindTheWindow(change)
    const { frames, caughtUp } = await replay()
    expect(typesOf(frames)).toEqual(['replay', 'messages', 'replay', 'messages', 'caught-up'])
    expect(windowOf(frames)).toEqual(window)
    expect(caughtUp.cursor).toMatch(new RegExp(String.raw`\.${seq}\.`))
    const ids = frames.filter((frame) => getEventMeta(frame)?.id !== undefined)
    expect(ids).toEqual([caughtUp])
  })

  test('sends an edit, a deletion and an undo after its window as events', async () => {
    const { behindTheWindow, replay, client, sessionId } = await openSession()
    behindTheWindow(
      { type: 'message-replaced', messageId: 'm4', parts: [{ type: 'text', text: 'edited' }] },
      undo,
      redo,
      { type: 'message-deleted', messageId: 'm3' },
    )
    const { frames, caughtUp } = await replay()
    expect(typesOf(frames)).toEqual([
      'replay',
      'messages',
      'message-replaced history-truncated history-restored message-deleted',
      'caught-up',
    ])
    expect(caughtUp).toMatchObject({ hasOlder: true, canUndo: true, canRedo: false })
    const { messages } = await client.history.loadMore({ sessionId })
    expect(messages.map(({ id }) => id)).toEqual(['m1', 'm2', 'm4'])
    expect(messages[2]).toMatchObject({ parts: [{ text: 'edited' }] })
  })

  test('reports older messages after a boundary only if there are any', async () => {
    const only = await openSession()
    await only.write({ type: 'history-truncated', after: 'm1' })
    only.behindTheWindow({ type: 'message-deleted', messageId: 'm1' }, reset)
    expect((await only.replay()).caughtUp).toMatchObject({ epoch: 1, hasOlder: false })
    const restored = await openSession()
    await restored.write({ type: 'history-truncated', after: 'm1' }, undo)
    restored.behindTheWindow(redo, reset)
    expect((await restored.replay()).caughtUp).toMatchObject({ epoch: 1, hasOlder: true })
  })
})

describe('a since replay', () => {
  test('sends edits, undos and erasures in order', async () => {
    const { replay, write, store, sessionId } = await openSession()
    const { caughtUp, stream } = await replay()
    await stream.return?.()
    await write(undo, redo, { type: 'message-erased', messageIds: ['m1', 'm4'] })
    const { frames, caughtUp: after } = await replay(caughtUp.cursor)
    expect(typesOf(frames)).toEqual([
      'replay',
      'history-truncated history-restored message-erased',
      'caught-up',
    ])
    expect(after).toMatchObject({ mode: 'since', canUndo: true, canRedo: false })
    expect(JSON.stringify(frames)).not.toContain('text of m1')
    expect(await store.head(sessionId)).toMatchObject({ messageCount: 2 })
  })

  test('sends an import, and a full replay after it contains its messages', async () => {
    const { replay, write } = await openSession()
    const { caughtUp, stream } = await replay()
    await stream.return?.()
    await write(imported('i1'), ...created('m5'))
    const { frames } = await replay(caughtUp.cursor)
    expect(typesOf(frames)).toEqual(['replay', 'imported message-created', 'caught-up'])
    expect(frames[1]).toMatchObject({ events: [{ count: 1, first: 5, last: 5 }, {}] })
    expect(windowOf((await replay()).frames)).toEqual(['i1', 'm5'])
  })
})

describe('a cursor below the floor', () => {
  test('gets a full replay that says so', async () => {
    const clock = new ManualClock()
    // The memory engine removes exactly the events beyond the limit; SQLite removes whole blocks.
    const store = await createStore({ storage: memory(), clock, retention: { events: 2 } })
    const { client } = await openTestServer({ store, lease: 1e9 })
    const me = client()
    const { id: sessionId } = await me.sessions.create()
    const replay = async (mode: OnChatInput['mode']) => {
      const stream = await me.onChat({ sessionId, mode })
      const frames = await readUntil(stream, 'caught-up')
      await stream.return?.()
      return frames
    }
    await append(store, sessionId, ...created('m1'))
    const caughtUp = (await replay(full)).at(-1)
    const cursor = caughtUp?.type === 'caught-up' ? caughtUp.cursor : ''
    await append(store, sessionId, ...created('m2', 'm3', 'm4'))
    const floor = async () => {
      await clock.advance(60 * 60 * 1_000)
      return (await store.journal.summary(sessionId)).floor
    }
    await expect.poll(floor).toBe(2)
    const frames = await replay({ type: 'since', cursor })
    expect(frames[0]).toMatchObject({ mode: 'full', reason: 'cursor-expired' })
    expect(windowOf(frames)).toEqual(['m1', 'm2', 'm3', 'm4'])
  })

  test('that retention overtakes while the replay is read gets a full replay that says so', async () => {
    const storage: StorageFactory = {
      async open(options) {
        const engine = await sqlite({ path: testDatabase() }).open(options)
        const read = engine.segments.bind(engine)
        let reads = 0
        engine.segments = async (...query) => {
          const batch = await read(...query)
          // The cursor was valid when it was checked; the first read has lost its beginning.
          return ++reads === 1 ? { ...batch, segments: batch.segments.slice(1) } : batch
        }
        return engine
      },
    }
    const { client, store } = await openTestServer({ storage })
    const me = client()
    const { id: sessionId } = await me.sessions.create()
    await append(store, sessionId, ...created('m1', 'm2'))
    const { cursor } = await store.head(sessionId)
    const since = { type: 'since', cursor: encodeCursor({ ...cursor, seq: 0, tag: '' }) } as const
    const frames = await readUntil(await me.onChat({ sessionId, mode: since }), 'caught-up')
    expect(typesOf(frames)).toEqual(['replay', 'messages', 'caught-up'])
    expect(frames[0]).toMatchObject({ mode: 'full', reason: 'cursor-expired' })
    expect(windowOf(frames)).toEqual(['m1', 'm2'])
  })
})

describe('a prompt whose message was removed', () => {
  test.each([
    ['deleted', { type: 'message-deleted', messageId: 'm4' } as const],
    ['cut off', { type: 'history-truncated', after: 'm3' } as const],
    ['undone', undo],
    ['erased', { type: 'message-erased', messageIds: ['m4'] } as const],
  ])('because it was %s is refused when it is sent again', async (_, change) => {
    const { client, sessionId, write } = await openSession()
    await write(change)
    const again = client.messages.send({ sessionId, text: 'text of m4', messageId: 'm4' })
    await expect(again).rejects.toMatchObject({
      code: 'CONFLICT',
      data: { field: 'messageId', value: 'm4', reason: 'message-gone' },
    })
    await client.messages.send({ sessionId, text: 'text of m4', messageId: 'm5' })
  })

  test('does not stop the queue that it waits in', async () => {
    const scripted = new ScriptedAgent()
    const { client, store } = await openTestServer({ agent: scripted.agent })
    const me = client()
    const { id: sessionId } = await me.sessions.create()
    await append(store, sessionId, ...created('gone'))
    await append(store, sessionId, { type: 'message-deleted', messageId: 'gone' })
    await me.messages.send({ sessionId, text: 'Hi' })
    const first = await scripted.run()
    const parts = [{ type: 'text' as const, text: 'again' }]
    const queued = { kind: 'agent', runId: 'r', messageId: 'gone', parts, queuedAt: 1 } as const
    await store.append({ sessionId, drafts: [{ type: 'queue-changed', add: queued }] })
    const next = await me.messages.send({ sessionId, text: 'Next' })
    first.finish()
    expect((await scripted.run()).context.runId).toBe(next.runId)
    expect((await store.head(sessionId)).head.queue).toEqual([])
  })
})
