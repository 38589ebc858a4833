import { applyEvent, emptyView } from '@caughtup/schema/fold'
import { describe, expect, test } from 'vitest'

import type { Store } from '../store.ts'
import { openTestStore, startRun } from '../../tests/support/open-test-store.ts'
import { append, fill, sampleSession, shownIds } from '../../tests/support/sample-history.ts'
import { engines, testEngine } from '../../tests/support/test-engines.ts'

const text = (words: string) => [{ type: 'text' as const, text: words }]
const resets = { type: 'boundary', kind: 'reset', trigger: 'user' } as const

async function everyEvent(store: Store, sessionId: string) {
  const { events } = await store.events(sessionId, 0, { bytes: 1e9 })
  return events
}

describe.each(engines)('history on %s', (engine) => {
  const open = () => openTestStore({ storage: testEngine(engine) })

  describe('edit', () => {
    test('replaces the parts of a message, which keeps its place', async () => {
      const { store } = await open()
      const sessionId = await sampleSession(store)
      const event = await store.history.edit(sessionId, 'a1', { parts: text('new') })
      expect(event).toMatchObject({
        seq: 5,
        message: { id: 'a1', order: 2, revision: 5, parts: text('new') },
      })
      const { messages } = await store.window(sessionId)
      expect(messages[1]).toEqual(event.message)
      expect(await store.message(sessionId, 'a1')).toEqual(event.message)
    })

    test('replaces the metadata if it is given, and keeps it otherwise', async () => {
      const { store } = await open()
      const sessionId = await sampleSession(store)
      const metadata = { createdAt: 7, model: 'm', custom: { label: 'x' } }
      await store.history.edit(sessionId, 'u1', { parts: text('x'), metadata })
      const { message } = await store.history.edit(sessionId, 'u1', { parts: text('y') })
      expect(message.metadata).toEqual(metadata)
    })

    test('with metadata of the host above their limit is refused', async () => {
      const limits = { metadataBytes: 20 }
      const { store } = await openTestStore({ storage: testEngine(engine), limits })
      const sessionId = await sampleSession(store)
      const metadata = { createdAt: 7, custom: { label: 'x'.repeat(20) } }
      await expect(
        store.history.edit(sessionId, 'u1', { parts: text('x'), metadata }),
      ).rejects.toMatchObject({
        code: 'BAD_INPUT',
        data: { field: 'metadata.custom', limit: 20 },
      })
    })

    test('is published to the code beside the store', async () => {
      const { store } = await open()
      const sessionId = await sampleSession(store)
      const updates = store.updates.subscribe()
      await store.history.edit(sessionId, 'u2', { parts: text('other') })
      expect((await updates.next()).value).toMatchObject({
        sessionId,
        message: { id: 'u2', parts: text('other') },
      })
    })

    test('above a limit of messages is refused and names the limit', async () => {
      const limits = { messageBytes: 100, messageParts: 2 }
      const { store } = await openTestStore({ storage: testEngine(engine), limits })
      const sessionId = await sampleSession(store)
      const long = store.history.edit(sessionId, 'u1', { parts: text('x'.repeat(100)) })
      await expect(long).rejects.toMatchObject({
        code: 'TOO_LARGE',
        data: { field: 'parts', value: 'u1', limit: 100 },
      })
      const many = store.history.edit(sessionId, 'u1', { parts: ['a', 'b', 'c'].flatMap(text) })
      await expect(many).rejects.toMatchObject({ code: 'TOO_LARGE', data: { limit: 2 } })
    })

    test('with a value that would not read back is refused', async () => {
      const { store } = await open()
      const sessionId = await sampleSession(store)
      for (const part of [{ type: 'data-x', data: 1n }, { type: 'text' }]) {
        const edit = store.history.edit(sessionId, 'u1', { parts: [part as never] })
        await expect(edit).rejects.toMatchObject({ code: 'BAD_INPUT' })
      }
      expect((await store.head(sessionId)).cursor.seq).toBe(4)
    })
  })

  describe('every change', () => {
    test('is refused during a run and does not wait for its end', async () => {
      const { store } = await open()
      const sessionId = await sampleSession(store)
      await startRun(store, sessionId)
      const { history } = store
      const changes = [
        history.edit(sessionId, 'u1', { parts: [] }),
        history.delete(sessionId, 'u1'),
        history.truncate(sessionId),
        history.undo(sessionId),
        history.redo(sessionId),
        history.erase(sessionId, ['u1']),
      ]
      for (const change of changes) {
        await expect(change).rejects.toMatchObject({
          code: 'CONFLICT',
          message: expect.stringContaining('interrupt the run first'),
          data: { value: sessionId, reason: 'run-active' },
        })
      }
    })

    test('of an unknown message names it', async () => {
      const { store } = await open()
      const sessionId = await sampleSession(store)
      const { history } = store
      const changes = [
        history.edit(sessionId, 'nobody', { parts: [] }),
        history.delete(sessionId, 'nobody'),
        history.truncate(sessionId, { after: 'nobody' }),
        history.erase(sessionId, ['u1', 'nobody']),
      ]
      for (const change of changes) {
        await expect(change).rejects.toMatchObject({
          code: 'NOT_FOUND',
          data: { field: 'messageId', value: expect.stringContaining('nobody') },
        })
      }
      expect(await shownIds(store, sessionId)).toEqual(['u1', 'a1', 'u2', 'a2'])
    })

    test('of an unknown session names it', async () => {
      const { store } = await open()
      await expect(store.history.undo('nowhere')).rejects.toMatchObject({
        code: 'NOT_FOUND',
        data: { field: 'sessionId', value: 'nowhere' },
      })
    })

    test('but erasing acts on the newest epoch', async () => {
      const { store } = await open()
      const sessionId = await sampleSession(store)
      await append(store, sessionId, [resets])
      await fill(store, sessionId, ['u3'])
      const { history } = store
      for (const change of [
        history.edit(sessionId, 'u1', { parts: [] }),
        history.delete(sessionId, 'u1'),
        history.truncate(sessionId, { after: 'u1' }),
      ]) {
        await expect(change).rejects.toMatchObject({ code: 'NOT_FOUND' })
      }
      expect(await history.truncate(sessionId)).toMatchObject({ after: 4, count: 1 })
      await expect(history.undo(sessionId)).rejects.toMatchObject({
        data: { reason: 'nothing-to-undo' },
      })
      await history.erase(sessionId, ['u1'])
      expect((await store.page(sessionId)).messages.map(({ id }) => id)).toEqual(['a1', 'u2', 'a2'])
    })

    test('reaches followers in its order', async () => {
      const { store } = await open()
      const sessionId = await sampleSession(store)
      const controller = new AbortController()
      const batches = store.follow(sessionId, 0, { signal: controller.signal })
      await batches.next()
      await store.history.edit(sessionId, 'u1', { parts: text('x') })
      await store.history.delete(sessionId, 'a1')
      await store.history.undo(sessionId)
      const { value } = await batches.next()
      expect(value?.events.map(({ type }) => type)).toEqual([
        'message-replaced',
        'message-deleted',
        'history-truncated',
      ])
      controller.abort()
      const view = (await everyEvent(store, sessionId)).reduce(
        (before, event) => applyEvent(before, event).view,
        emptyView,
      )
      expect(view.messages).toEqual((await store.window(sessionId)).messages)
    })
  })

  describe('delete and truncate', () => {
    test('a deleted message is gone, and its id stays in use', async () => {
      const { store } = await open()
      const sessionId = await sampleSession(store)
      await store.history.delete(sessionId, 'a1')
      expect(await shownIds(store, sessionId)).toEqual(['u1', 'u2', 'a2'])
      expect(await store.message(sessionId, 'a1')).toBeUndefined()
      await expect(fill(store, sessionId, ['a1'])).rejects.toThrow('message-gone')
    })

    test('a truncation removes the messages after one, without redo', async () => {
      const { store } = await open()
      const sessionId = await sampleSession(store)
      expect(await store.history.truncate(sessionId, { after: 'u2' })).toMatchObject({ count: 1 })
      expect(await shownIds(store, sessionId)).toEqual(['u1', 'a1', 'u2'])
      await expect(store.history.redo(sessionId)).rejects.toMatchObject({ code: 'CONFLICT' })
    })

    test('a truncation without a message removes the whole epoch', async () => {
      const { store } = await open()
      const sessionId = await sampleSession(store)
      expect(await store.history.truncate(sessionId)).toMatchObject({ after: 0, count: 4 })
      expect(await store.window(sessionId)).toMatchObject({ messages: [], hasOlder: false })
    })
  })

  describe('undo and redo', () => {
    test('hide one turn after the other, and show them again one after the other', async () => {
      const { store } = await open()
      const sessionId = await sampleSession(store)
      const { messages } = await store.window(sessionId)
      const { history } = store
      expect(await history.undo(sessionId)).toMatchObject({ after: 2, canUndo: true })
      expect(await history.undo(sessionId)).toMatchObject({ after: 0, canUndo: false })
      await expect(history.undo(sessionId)).rejects.toMatchObject({
        code: 'CONFLICT',
        data: { value: sessionId, reason: 'nothing-to-undo' },
      })
      expect(await history.redo(sessionId)).toMatchObject({ canRedo: true })
      expect(await shownIds(store, sessionId)).toEqual(['u1', 'a1'])
      expect(await history.redo(sessionId)).toMatchObject({ canRedo: false })
      await expect(history.redo(sessionId)).rejects.toMatchObject({
        code: 'CONFLICT',
        data: { value: sessionId, reason: 'nothing-to-redo' },
      })
      const restored = (await store.window(sessionId)).messages
      const plain = (list: typeof messages) => list.map((each) => ({ ...each, revision: 0 }))
      expect(plain(restored)).toEqual(plain(messages))
    })

    test('a new turn ends the redo', async () => {
      const { store } = await open()
      const sessionId = await sampleSession(store)
      await store.history.undo(sessionId)
      await fill(store, sessionId, ['u3'])
      await expect(store.history.redo(sessionId)).rejects.toMatchObject({
        data: { reason: 'nothing-to-redo' },
      })
      expect(await shownIds(store, sessionId)).toEqual(['u1', 'a1', 'u3'])
    })

    test('an undone turn can be redone after a restart', async () => {
      const storage = testEngine(engine)
      const { store } = await openTestStore({ storage })
      const sessionId = await sampleSession(store)
      await store.history.undo(sessionId)
      await store.close()
      const again = await openTestStore({ storage })
      await again.store.history.redo(sessionId)
      expect(await shownIds(again.store, sessionId)).toEqual(['u1', 'a1', 'u2', 'a2'])
    })
  })

  describe('search', () => {
    const find = async (store: Store, sessionId: string, words: string) => {
      const hits = await store.history.search({ text: words, in: { sessionId } })
      return hits.map(({ messageId }) => messageId)
    }

    test('finds finished messages of every epoch, and open ones once they are finished', async () => {
      const { store } = await open()
      const sessionId = await sampleSession(store)
      await append(store, sessionId, [resets])
      const run = await startRun(store, sessionId)
      const writer = store.writer(run)
      await writer.write({ type: 'text-delta', text: 'A text that streams' })
      expect(new Set(await find(store, sessionId, 'text'))).toEqual(
        new Set(['u1', 'a1', 'u2', 'a2']),
      )
      await writer.finish({ reason: 'stop' })
      expect(await find(store, sessionId, 'stream')).toEqual([run.messageId])
    })

    test.each([
      '"text',
      'text OR nothing',
      'NOT text',
      'text*',
      'text AND (',
      'role:text',
      '-text',
    ])('reads %j as plain text', async (words) => {
      const { store } = await open()
      const sessionId = await sampleSession(store, ['u1'])
      await append(store, sessionId, [
        {
          type: 'message-created',
          message: {
            id: 'exact',
            role: 'user',
            parts: text(`It says ${words} literally.`),
            metadata: { createdAt: 2 },
            status: 'done',
          },
        },
      ])
      expect(await find(store, sessionId, words)).toContain('exact')
    })

    test('finds messages in the sessions of one principal only', async () => {
      const { store } = await open()
      const sessionId = await sampleSession(store, ['u1'])
      const other = await store.sessions.create({ owner: 'you' })
      await fill(store, other.id, ['u1'])
      const hits = await store.history.search({ text: 'text', in: { principal: 'me' } })
      expect(hits).toMatchObject([{ sessionId, messageId: 'u1', excerpt: 'text of u1' }])
    })

    test('has limits', async () => {
      const { store } = await open()
      const sessionId = await sampleSession(store)
      const search = (words: string, limit: number) =>
        store.history.search({ text: words, in: { sessionId }, limit })
      expect(await search('text', 3)).toHaveLength(3)
      await expect(search('text', 201)).rejects.toMatchObject({ data: { limit: 200 } })
      await expect(search('x'.repeat(1_001), 1)).rejects.toMatchObject({
        data: { field: 'text', limit: 1_000 },
      })
      expect(await search('?!', 3)).toEqual([])
    })
  })
})
