import { ManualClock } from '@caughtup/schema/testing'
import { getEventMeta } from '@orpc/client'
import { describe, expect, test } from 'vitest'

import { interceptedStorage, type StorageHooks } from './support/intercept-storage.ts'
import { openTestServer, readUntil, testDatabase } from './support/open-test-server.ts'
import { ScriptedAgent } from './support/scripted-agent.ts'

async function open() {
  const scripted = new ScriptedAgent()
  const server = await openTestServer({ agent: scripted.agent })
  return { ...server, scripted, me: server.client() }
}

describe('the activity feed', () => {
  test('opens with every session in chunks, complete, then follows', async () => {
    const { me, scripted, store } = await open()
    const ids: string[] = []
    for (let i = 0; i < 401; i++) ids.push((await store.sessions.create({ owner: 'me' })).id)
    const feed = await me.activity.subscribe()
    const opening = await readUntil(feed, 'caught-up')
    const sizes = opening.map((frame) => JSON.stringify(frame).length)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(store.limits.frameBytes + 100)
    expect(opening.slice(0, -1).every(({ type }) => type === 'activities')).toBe(true)
    const rows = opening.flatMap((frame) => (frame.type === 'activities' ? frame.rows : []))
    expect(rows.map(({ sessionId }) => sessionId).toSorted()).toEqual(ids.toSorted())
    expect(opening[0]).toMatchObject({ complete: true })
    const [sessionId = ''] = ids
    await me.messages.send({ sessionId, text: 'Hi' })
    const changed = await readUntil(feed, 'changed', ({ row }) => row.streaming)
    expect(changed.at(-1)).toMatchObject({ row: { sessionId, generation: 1, streaming: true } })
    const run = await scripted.run()
    run.finish()
    const done = await readUntil(feed, 'changed', ({ row }) => !row.streaming)
    expect(done.at(-1)).toMatchObject({ row: { sessionId, generation: 1, unread: 1 } })
  })

  test("names the prompt's model, or else the server's", async () => {
    const scripted = new ScriptedAgent()
    const { client } = await openTestServer({ agent: scripted.agent, model: 'default-model' })
    const me = client()
    const { id: sessionId } = await me.sessions.create()
    const lastModel = async () => (await me.activity.list()).rows[0]?.lastModel
    await me.messages.send({ sessionId, text: 'Hi' })
    expect(await lastModel()).toBe('default-model')
    const run = await scripted.run()
    expect(run.context.model).toBe('default-model')
    const feed = await me.activity.subscribe()
    await readUntil(feed, 'caught-up')
    run.finish()
    await readUntil(feed, 'changed', ({ row }) => !row.streaming)
    await me.messages.send({ sessionId, text: 'Hi', model: 'other' })
    expect(await lastModel()).toBe('other')
  })

  test('says that there are no sessions, so that clients drop theirs', async () => {
    const { me } = await open()
    const frames = await readUntil(await me.activity.subscribe(), 'caught-up')
    expect(frames[0]).toEqual({ type: 'activities', rows: [], complete: true })
  })

  test('resumes from a cursor with the changed and the removed sessions', async () => {
    const { me } = await open()
    const [kept, gone] = [await me.sessions.create(), await me.sessions.create()]
    const { cursor } = await me.activity.list()
    await me.sessions.update({ sessionId: kept.id, title: 'New' })
    await me.sessions.delete({ sessionId: gone.id })
    const frames = await readUntil(await me.activity.subscribe({ since: cursor }), 'caught-up')
    expect(frames).toMatchObject([
      { type: 'activities', complete: false, rows: [{ sessionId: kept.id, title: 'New' }] },
      { type: 'removed', sessionId: gone.id },
      { type: 'caught-up' },
    ])
    const last = frames.at(-1)
    expect(last?.type === 'caught-up' && last.cursor).toBe(getEventMeta(last!)?.id)
  })

  test('is complete even if sessions change while the list is sent', async () => {
    const hooks: StorageHooks = {}
    const { client, store } = await openTestServer({
      storage: interceptedStorage(testDatabase(), hooks),
    })
    const ids: string[] = []
    for (let i = 0; i < 300; i++) ids.push((await store.sessions.create({ owner: 'me' })).id)
    const [first = '', last = ''] = [ids[0], ids.at(-1)]
    let reads = 0
    hooks.activity = async () => {
      // Before the second page of the list is read.
      if (++reads !== 2) return
      await store.sessions.update(last, { title: 'New' })
      await store.sessions.delete(first)
    }
    const feed = await client().activity.subscribe()
    const frames = await readUntil(feed, 'caught-up')
    const rows = frames.flatMap((frame) => (frame.type === 'activities' ? frame.rows : []))
    expect(rows.findLast(({ sessionId }) => sessionId === last)).toMatchObject({ title: 'New' })
    expect(frames.find(({ type }) => type === 'removed')).toMatchObject({ sessionId: first })
  })

  test('is listed in pages as well, with the cursor of the first', async () => {
    const { me, store } = await open()
    for (let i = 0; i < 5; i++) await store.sessions.create({ owner: 'me', title: `${i}` })
    const first = await me.activity.list({ limit: 3 })
    const second = await me.activity.list({ limit: 3, cursor: first.nextCursor ?? '' })
    expect([first, second].map(({ rows }) => rows.length)).toEqual([3, 2])
    expect(second).toMatchObject({ nextCursor: null, cursor: first.cursor })
    await expect(me.activity.list({ limit: 201 })).rejects.toMatchObject({ code: 'BAD_INPUT' })
    await expect(me.activity.list({ cursor: 'x' })).rejects.toMatchObject({ code: 'BAD_INPUT' })
  })

  test('sends the complete list for an unknown cursor', async () => {
    const { me } = await open()
    await me.sessions.create()
    for (const since of ['nonsense', '', 'a.b', '🙈']) {
      const frames = await readUntil(await me.activity.subscribe({ since }), 'caught-up')
      expect(frames[0]).toMatchObject({ complete: true, rows: [{}] })
    }
  })

  test('shows a deletion and a read mark to every device at once', async () => {
    const { me, scripted, client } = await open()
    const { id: sessionId } = await me.sessions.create()
    const feed = await client().activity.subscribe()
    await readUntil(feed, 'caught-up')
    await me.messages.send({ sessionId, text: 'Hi' })
    const run = await scripted.run()
    run.finish()
    await readUntil(feed, 'changed', ({ row }) => row.unread === 1)
    expect(await me.activity.markRead({ sessionId, upTo: 2 })).toEqual({ upTo: 2 })
    await readUntil(feed, 'changed', ({ row }) => row.unread === 0)
    expect(await me.activity.markRead({ sessionId, upTo: 1 })).toEqual({ upTo: 2 })
    await me.sessions.delete({ sessionId })
    expect((await readUntil(feed, 'removed')).at(-1)).toMatchObject({ sessionId })
  })

  test('never marks events as read that do not exist yet', async () => {
    const { me, scripted } = await open()
    const { id: sessionId } = await me.sessions.create()
    await me.activity.markRead({ sessionId, upTo: 1_000_000 })
    await me.messages.send({ sessionId, text: 'Hi' })
    const run = await scripted.run()
    run.finish()
    await expect
      .poll(async () => (await me.activity.list()).rows[0], { interval: 5 })
      .toMatchObject({ unread: 1 })
  })

  test('sends heartbeats, and ends when the server closes', async () => {
    const clock = new ManualClock()
    const { client, chat } = await openTestServer({ clock })
    const feed = await client().activity.subscribe()
    await readUntil(feed, 'caught-up')
    const next = feed.next()
    await clock.advance(5_000)
    expect((await next).value).toMatchObject({ type: 'heartbeat' })
    const last = readUntil(feed, 'end')
    await chat.close()
    expect((await last).at(-1)).toEqual({ type: 'end', reason: 'shutting-down' })
  })

  test("shows only the caller's sessions", async () => {
    const { me, client } = await open()
    await me.sessions.create()
    const frames = await readUntil(await client('you').activity.subscribe(), 'caught-up')
    expect(frames[0]).toMatchObject({ rows: [] })
    expect((await client('you').sessions.list()).sessions).toEqual([])
  })
})
