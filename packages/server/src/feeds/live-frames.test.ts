import assert from 'node:assert/strict'

import {
  type Append,
  CaughtupError,
  chatFrame,
  encodeCursor,
  type EventDraft,
  type Op,
} from '@caughtup/schema'
import { applyEvent, eventOfText, type View } from '@caughtup/schema/fold'
import { createStore, type EventBatch, type Store } from '@caughtup/store'
import { memory } from '@caughtup/store/memory'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'

import type { Priced } from '../host/price.ts'
import { LiveFrames } from './live-frames.ts'

const unpriced: Priced = (ledger) => ledger

async function openSession() {
  // A window of two, so that open messages are pushed out of it.
  const store = await createStore({ storage: memory(), limits: { windowMessages: 2 } })
  onTestFinished(() => store.close())
  const { id: sessionId } = await store.sessions.create({ owner: 'me' })
  const asked: string[] = []
  const head = async (id: string) => {
    asked.push(id)
    return store.head(id)
  }
  const commit = (...drafts: EventDraft[]) => store.append({ sessionId, drafts })
  let seq = 0
  /** What was committed since the last call, as one batch. */
  const next = async (): Promise<EventBatch> => {
    const batch = await store.events(sessionId, seq, { bytes: 1e6 })
    ;({ seq } = batch.cursor)
    return batch
  }
  return {
    store,
    sessionId,
    commit,
    next,
    asked,
    frames: new LiveFrames({ head }, sessionId, unpriced),
  }
}

const created = (id: string, status: 'open' | 'done' = 'open'): EventDraft => ({
  type: 'message-created',
  message: { id, role: 'assistant', parts: [], metadata: { createdAt: 1 }, status },
})
const delta = (messageId: string, ...ops: Op[]): EventDraft => ({
  type: 'message-delta',
  messageId,
  ops,
})
const put = (text: string): Op & { op: 'put' } => ({
  op: 'put',
  part: 0,
  value: { type: 'text', text, state: 'streaming' },
})
const append = (text: string): Append => ({ op: 'append', part: 0, text })
const finished = (messageId: string): EventDraft => ({
  type: 'message-finished',
  messageId,
  reason: 'stop',
})

describe('a batch', () => {
  test('that only appends text is a text frame, at once; any other is an events frame', async () => {
    const { commit, next, asked, frames } = await openSession()
    await commit(created('prompt', 'done'), created('answer'))
    const events = { type: 'events' }
    const text = { type: 'text', order: 2, part: 0 }
    const batches: [EventDraft[], object][] = [
      [[delta('answer', put('H'))], events],
      [[delta('answer', append('e'))], { ...text, text: 'e' }],
      [[delta('answer', append('l')), delta('answer', append('l'))], { ...text, text: 'll' }],
      [[delta('answer', { op: 'custom', value: { label: 'x' } })], events],
      [[delta('answer', append('o'), { ...append(''), done: true })], events],
      [[delta('answer', append('!')), finished('answer')], events],
    ]
    expect(frames.of(await next())).toMatchObject({ frame: { type: 'events' } })
    for (const [drafts, frame] of batches) {
      await commit(...drafts)
      const batch = await next()
      const sent = frames.of(batch)
      expect(sent).toMatchObject({ frame, id: encodeCursor(batch.cursor) })
    }
    expect(asked).toEqual([])
  })

  test('with merged commits says from where', async () => {
    const { commit, next, frames } = await openSession()
    await commit(created('answer'), delta('answer', put('')))
    await frames.of(await next())
    await commit(delta('answer', append('a')))
    await commit(delta('answer', append('b')))
    expect(frames.of(await next())).toMatchObject({
      frame: { type: 'text', from: 3, seq: 4, order: 1, text: 'ab' },
    })
  })

  test('is the same object for everybody', async () => {
    const { commit, next, frames } = await openSession()
    await commit(created('answer'), delta('answer', put('')))
    const first = await next()
    expect(frames.of(first)).toBe(frames.of(first))
    await commit(delta('answer', append('a')))
    const second = await next()
    expect(frames.of(second)).toBe(frames.of(second))
  })
})

describe('the order of a message that was created before', () => {
  test('is asked once, and then known', async () => {
    const { commit, next, asked, frames, sessionId } = await openSession()
    await commit(created('prompt', 'done'), created('answer'), delta('answer', put('')))
    await next()
    await commit(delta('answer', append('a')))
    const batch = await next()
    const [one, other] = await Promise.all([frames.of(batch), frames.of(batch)])
    expect(one).toMatchObject({ frame: { type: 'text', order: 2, text: 'a' } })
    expect(other).toBe(one)
    expect(frames.of(batch)).toBe(one)
    await commit(delta('answer', append('b')))
    expect(frames.of(await next())).toMatchObject({ frame: { type: 'text', order: 2 } })
    expect(asked).toEqual([sessionId])
  })

  test('is unknown if the message is no longer open: its text comes in events frames', async () => {
    const { commit, next, asked, frames } = await openSession()
    await commit(created('answer'), delta('answer', put('')))
    await next()
    await commit(delta('answer', append('a')))
    const first = await next()
    await commit(delta('answer', append('b')))
    const second = await next()
    await commit(finished('answer'))
    expect(await frames.of(first)).toMatchObject({ frame: { type: 'events' } })
    expect(frames.of(second)).toMatchObject({ frame: { type: 'events' } })
    expect(asked).toHaveLength(1)
  })

  test('is asked again after the store failed', async () => {
    const { commit, next, sessionId, store } = await openSession()
    let isBroken = true
    const head = async (id: string) => {
      if (isBroken) throw new Error('no')
      return store.head(id)
    }
    const frames = new LiveFrames({ head }, sessionId, unpriced)
    await commit(created('answer'), delta('answer', put('')))
    await next()
    await commit(delta('answer', append('a')))
    const batch = await next()
    await expect(frames.of(batch)).rejects.toThrow('no')
    isBroken = false
    expect(await frames.of(batch)).toMatchObject({ frame: { type: 'text' } })
  })

  test('is forgotten when the message is finished, and of too many open messages', async () => {
    const { commit, next, asked, frames } = await openSession()
    const open = Array.from({ length: 101 }, (_, n) => `m${n}`)
    for (const id of open) await commit(created(id), delta(id, put('')))
    await frames.of(await next())
    const text = async (id: string) => {
      await commit(delta(id, append('a')))
      return next()
    }
    const ofNewest = await text('m100')
    expect(frames.of(ofNewest)).toMatchObject({ frame: { type: 'text', order: 101 } })
    expect(asked).toHaveLength(0)
    expect(await frames.of(await text('m0'))).toMatchObject({ frame: { type: 'text', order: 1 } })
    expect(asked).toHaveLength(1)
    await commit(finished('m100'))
    await frames.of(await next())
    // A message gets no text after its end, so the former text stands for it.
    const again = { ...ofNewest, events: [...ofNewest.events] }
    expect(await frames.of(again)).toMatchObject({ frame: { type: 'events' } })
    expect(asked).toHaveLength(2)
  })
})

/** For changes that the store may refuse, as of an open message. */
async function attempt(change: Promise<unknown>): Promise<void> {
  await change.catch((error: unknown) => {
    if (!(error instanceof CaughtupError)) throw error
  })
}

/** A reader that folds the batches themselves beside the frames that they become. */
class Reader {
  readonly #store: Store
  readonly #sessionId: string
  readonly #frames: LiveFrames
  #byEvents: View
  #byFrames: View
  texts = 0

  static async join(store: Store, sessionId: string, frames: LiveFrames): Promise<Reader> {
    const { head, messages, hasOlder } = await store.window(sessionId)
    return new Reader(store, sessionId, frames, { ...head, messages, hasOlder, skipped: 0 })
  }

  private constructor(store: Store, sessionId: string, frames: LiveFrames, view: View) {
    this.#store = store
    this.#sessionId = sessionId
    this.#frames = frames
    this.#byEvents = view
    this.#byFrames = view
  }

  /** Whether a window is needed to go on. */
  async read(bytes: number): Promise<boolean> {
    const batch = await this.#store.events(this.#sessionId, this.#byEvents.seq, { bytes })
    if (batch.events.length === 0) return false
    const { frame } = await this.#frames.of(batch)
    assert.deepEqual(chatFrame.parse(frame), frame)
    if (frame.type !== 'events' && frame.type !== 'text') throw new Error(`a ${frame.type} frame`)
    if (frame.type === 'text') this.texts += 1
    const sent = frame.type === 'text' ? [eventOfText(frame, this.#byFrames)] : frame.events
    let needsWindow = false
    for (const [index, event] of batch.events.entries()) {
      const one = applyEvent(this.#byEvents, event)
      const other = applyEvent(this.#byFrames, sent[index]!)
      assert.deepEqual(other, one)
      needsWindow ||= one.result !== 'applied'
      this.#byEvents = one.view
      this.#byFrames = other.view
    }
    return needsWindow
  }
}

test('a view fed with the frames equals one fed with the events, after any program', async () => {
  const pick = fc.nat({ max: 9 })
  const text = fc.string({ maxLength: 5 })
  const always = (what: string) => ({ do: what, pick: 0, text: 'x' })
  const step = fc.oneof(
    { weight: 12, arbitrary: fc.record({ do: fc.constant('text'), pick, text }) },
    { weight: 8, arbitrary: fc.record({ do: fc.constant('read'), pick, text }) },
    fc.record({
      do: fc.constantFrom('open', 'done', 'part', 'label', 'end', 'finish', 'delete', 'join'),
      pick,
      text,
    }),
    fc.record({
      do: fc.constantFrom('erase', 'truncate', 'reset', 'undo', 'redo', 'import'),
      pick,
      text,
    }),
  )
  let texts = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
      const { store, sessionId, commit } = await openSession()
      const shared = new LiveFrames(store, sessionId, unpriced)
      const readers = [await Reader.join(store, sessionId, shared)]
      /** Open messages with how many parts they have. */
      const open = new Map<string, number>()
      let named = 0
      const begin = ['open', 'part', 'text', 'read'].map(always)
      for (const { do: what, pick: picked, text: said } of [...begin, ...steps, always('read')]) {
        const openIds = [...open.keys()]
        const [id, parts] = [...open][picked % Math.max(1, open.size)] ?? []
        const { messages } = await store.window(sessionId)
        const any = messages[picked % Math.max(1, messages.length)]?.id
        switch (what) {
          case 'open':
          case 'done':
            named += 1
            await commit(created(`m${named}`, what))
            if (what === 'open') open.set(`m${named}`, 0)
            break
          case 'part':
            if (id === undefined || parts === undefined) break
            await commit(delta(id, { ...put(said), part: parts }))
            open.set(id, parts + 1)
            break
          case 'text':
            if (id && parts) await commit(delta(id, { ...append(said), part: picked % parts }))
            break
          case 'label':
            if (id) await commit(delta(id, { op: 'custom', value: { label: said } }))
            break
          case 'end':
            if (id && parts) await commit(delta(id, { ...append(said), done: true }))
            break
          case 'finish':
            if (id === undefined) break
            await commit(finished(id))
            open.delete(id)
            break
          case 'join':
            readers.push(
              await Reader.join(store, sessionId, new LiveFrames(store, sessionId, unpriced)),
            )
            break
          case 'read': {
            const bytes = picked < 5 ? 1 : 1e6
            for (const [index, reader] of readers.entries()) {
              if (!(await reader.read(bytes))) continue
              texts += reader.texts
              readers[index] = await Reader.join(store, sessionId, shared)
            }
            break
          }
          case 'delete':
            if (any) await attempt(store.history.delete(sessionId, any))
            break
          case 'erase':
            if (any) await attempt(store.history.erase(sessionId, [any]))
            break
          case 'truncate':
            if (any) await attempt(store.history.truncate(sessionId, { after: any }))
            break
          case 'undo':
          case 'redo':
            await attempt(store.history[what](sessionId))
            break
          case 'reset':
            await commit({ type: 'boundary', kind: 'reset', trigger: 'user' })
            break
          case 'import':
            named += 1
            await store.reconcile(sessionId, [
              {
                id: `m${named}`,
                role: 'user',
                createdAt: 1,
                parts: [{ type: 'text', text: said }],
              },
            ])
        }
        for (const gone of openIds) if (!(await store.message(sessionId, gone))) open.delete(gone)
      }
      texts += readers.reduce((sum, reader) => sum + reader.texts, 0)
    }),
    { numRuns: 100 },
  )
  expect(texts).toBeGreaterThan(100)
})
