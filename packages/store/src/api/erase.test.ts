import { settle } from '@caughtup/schema/testing'
import { describe, expect, test } from 'vitest'

import type { Store } from '../store.ts'
import { ended, openTestStore, startRun } from '../../tests/support/open-test-store.ts'
import { sampleSession, shownIds } from '../../tests/support/sample-history.ts'
import { type Engine, engines, testEngine, withCalls } from '../../tests/support/test-engines.ts'

const secret = 'The secret word.'

/** A session whose answer `messageId` streamed the secret in many windows. */
async function withSecret(store: Store) {
  const sessionId = await sampleSession(store)
  const run = await startRun(store, sessionId)
  const writer = store.writer(run)
  for (const character of secret) {
    await writer.write({ type: 'text-delta', text: character })
    await store.flush(run.messageId)
  }
  await writer.finish({ reason: 'stop' }, [ended(run.runId)])
  return run
}

async function everything(store: Store, sessionId: string): Promise<string> {
  const { events } = await store.events(sessionId, 0, { bytes: 1e9 })
  const { events: listed } = await store.journal.list(sessionId, { limit: 200 })
  const window = await store.window(sessionId)
  const hits = await store.history.search({ text: 'secret', in: { sessionId } })
  return JSON.stringify([events, listed, window, hits])
}

/** An engine whose erasures stop after the first step. */
const unfinished = (engine: Engine) => {
  const storage = testEngine(engine)
  return withCalls(storage, (real) => ({
    maintain: async (work) => {
      if ('erase' in work) throw new Error('crash')
      return real.maintain(work)
    },
  }))
}

describe.each(engines)('erasing on %s', (engine) => {
  test('leaves nothing of the content in messages, journal, search and replays', async () => {
    const { store } = await openTestStore({ storage: testEngine(engine) })
    const { sessionId, messageId } = await withSecret(store)
    expect(await everything(store, sessionId)).toContain('secret')
    const event = await store.history.erase(sessionId, [messageId])
    expect(event).toMatchObject({ type: 'message-erased', messageIds: [messageId] })
    const left = await everything(store, sessionId)
    expect(left).not.toContain('secret')
    for (const entry of JSON.parse(left)[1]) {
      expect(entry.type === 'message-delta' || entry.type === 'message-finished').toBe(false)
    }
    expect(await shownIds(store, sessionId)).not.toContain(messageId)
  })

  test('keeps every seq, so that readers find no gap', async () => {
    const { store } = await openTestStore({ storage: testEngine(engine) })
    const { sessionId, messageId } = await withSecret(store)
    const { cursor } = await store.head(sessionId)
    await store.history.erase(sessionId, [messageId])
    expect(await store.checkCursor(sessionId, cursor)).toBe('ok')
    let seq = 0
    for (const event of (await store.events(sessionId, 0, { bytes: 1e9 })).events) {
      expect(event.from).toBe(seq + 1)
      seq = event.seq
    }
    expect(seq).toBe(cursor.seq + 1)
  })

  test('reaches a follower in the middle of its replay, and the batch that others share', async () => {
    const { store } = await openTestStore({ storage: testEngine(engine) })
    const { sessionId, messageId } = await withSecret(store)
    const { signal } = new AbortController()
    const early = store.follow(sessionId, 0, { signal })
    expect(JSON.stringify((await early.next()).value)).toContain('secret')
    await store.history.erase(sessionId, [messageId])
    expect((await early.next()).value?.events).toMatchObject([{ type: 'message-erased' }])
    const late = store.follow(sessionId, 0, { signal })
    expect(JSON.stringify((await late.next()).value)).not.toContain('secret')
  })

  test('that was interrupted is finished by maintenance after the next opening', async () => {
    const storage = unfinished(engine)
    const { store } = await openTestStore({ storage })
    const { sessionId, messageId } = await withSecret(store)
    await expect(store.history.erase(sessionId, [messageId])).rejects.toThrow('crash')
    expect(await shownIds(store, sessionId)).not.toContain(messageId)
    const again = await openTestStore({ storage })
    await again.clock.advance(100)
    expect(await everything(again.store, sessionId)).not.toContain('secret')
  })

  test('that was given up is finished by maintenance of the same store', async () => {
    const controller = new AbortController()
    const storage = withCalls(testEngine(engine), (real) => ({
      maintain: async (work) => {
        const more = await real.maintain(work)
        if (!('erase' in work)) return more
        controller.abort(new Error('enough'))
        return true
      },
    }))
    const { store, clock } = await openTestStore({ storage })
    const { sessionId, messageId } = await withSecret(store)
    const erasing = store.history.erase(sessionId, [messageId], controller)
    await expect(erasing).rejects.toThrow('enough')
    await clock.advance(1_000)
    await settle()
    expect(await everything(store, sessionId)).not.toContain('secret')
  })

  test('removes several messages at once, or none if one of them does not exist', async () => {
    const { store } = await openTestStore({ storage: testEngine(engine) })
    const sessionId = await sampleSession(store)
    await expect(store.history.erase(sessionId, ['u1', 'x'])).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
    await store.history.erase(sessionId, ['u1', 'a2'])
    expect(await shownIds(store, sessionId)).toEqual(['a1', 'u2'])
    for (const ids of [[], Array.from({ length: 201 }, String)]) {
      await expect(store.history.erase(sessionId, ids)).rejects.toMatchObject({
        code: 'BAD_INPUT',
        data: { field: 'messageIds.length' },
      })
    }
  })
})
