import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { createChatServer } from '@caughtup/server'
import { serve } from '@caughtup/server/node'
import { createStore } from '@caughtup/store'
import { sqlite } from '@caughtup/store/sqlite'
import {
  activityView,
  type ActivityView,
  createChatClient,
  sse,
  type SessionView,
} from '@caughtup/web-client'
import { expect, onTestFinished, test } from 'vitest'

/** A server, with the sessions whose runs its host was told the end of. */
async function openServer(file: string) {
  const ended: string[] = []
  const answering = Promise.withResolvers<void>()
  const store = await createStore({ storage: sqlite({ path: file }) })
  const chat = createChatServer({
    store,
    agent: async function* ({ prompt }) {
      await answering.promise
      yield { type: 'text-delta', text: `Re: ${prompt.id}` }
    },
    hooks: { runEnded: ({ sessionId }) => void ended.push(sessionId) },
    principal: () => ({ id: 'me' }),
    drain: 0,
  })
  const serving = await serve(chat)
  const close = async () => {
    await serving.close()
    await chat.close()
    await store.close()
  }
  return { store, url: `${serving.url}/rpc`, ended, answer: () => answering.resolve(), close }
}

/** A page: its client, the answers that it told its user of, and a way to break its connections. */
function openPage(url: string) {
  const told: string[] = []
  let network = new AbortController()
  const client = createChatClient({
    link: sse({
      url,
      fetch: (input, init) =>
        fetch(input, { ...init, signal: AbortSignal.any([input.signal, network.signal]) }),
    }),
    reconnect: { minDelay: 1, maxDelay: 1 },
  })
  const list = activityView(client)
  list.onCompletedInBackground(({ sessionId }) => told.push(sessionId))
  const leave = list.subscribe(() => {})
  const live = (view: SessionView | ActivityView, connects: number) =>
    expect
      .poll(() => [view.getSnapshot().connection.status, view.stats().connects])
      .toEqual(['live', connects])
  /** Resolves when the list shows that the session's answer streams. */
  const streams = (sessionId: string) =>
    expect
      .poll(() => list.getSnapshot().rows.find((row) => row.sessionId === sessionId))
      .toMatchObject({ streaming: true })
  const cut = () => {
    network.abort(new TypeError('the connection was cut'))
    network = new AbortController()
  }
  const close = () => {
    leave()
    client.close()
  }
  onTestFinished(close)
  return { client, list, told, live, streams, cut, close }
}

test('a replay tells nobody again that an answer is complete: after reconnects, reloads and a restart', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'caughtup-replays-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const file = path.join(folder, 'chat.db')
  const server = await openServer(file)
  const { id: sessionId } = await server.store.sessions.create({ owner: 'me', title: 'Test' })
  const page = openPage(server.url)
  await page.live(page.list, 1)
  await page.client.rpc.messages.send({ sessionId, text: 'Hi' })
  await page.streams(sessionId)
  server.answer()
  await expect.poll(() => page.told).toEqual([sessionId])
  await expect.poll(() => server.ended).toEqual([sessionId])
  const { head } = await server.store.head(sessionId)
  const updates: unknown[] = []
  const following = new AbortController()
  const reading = (async () => {
    for await (const update of server.store.updates.subscribe({ signal: following.signal }))
      updates.push(update)
  })()

  // Reconnects of the list and of a view, which is opened, closed and opened again.
  const view = page.client.session(sessionId)
  let leave = view.subscribe(() => {})
  await page.live(view, 1)
  page.cut()
  await page.live(view, 2)
  await page.live(page.list, 2)
  leave()
  page.cut()
  await page.live(page.list, 3)
  leave = view.subscribe(() => {})
  await page.live(view, 3)
  leave()
  page.close()

  // Reloads, with the session open and in the background.
  for (const isOpen of [true, false]) {
    const reloaded = openPage(server.url)
    const again = reloaded.client.session(sessionId)
    if (isOpen) again.subscribe(() => {})
    if (isOpen) await reloaded.live(again, 1)
    await reloaded.live(reloaded.list, 1)
    reloaded.cut()
    await reloaded.live(reloaded.list, 2)
    expect(reloaded.told).toEqual([])
    reloaded.close()
  }
  expect(page.told).toEqual([sessionId])
  expect(server.ended).toEqual([sessionId])
  expect((await server.store.head(sessionId)).head).toEqual(head)
  expect(updates).toEqual([])
  following.abort()
  await reading.catch(() => {})
  await server.close()

  const next = await openServer(file)
  onTestFinished(() => next.close())
  const last = openPage(next.url)
  await last.live(last.list, 1)
  const { id: other } = await next.store.sessions.create({ owner: 'me', title: 'Other' })
  await last.client.rpc.messages.send({ sessionId: other, text: 'Hi' })
  await last.streams(other)
  next.answer()
  await expect.poll(() => last.told).toEqual([other])
  await expect.poll(() => next.ended).toEqual([other])
  expect((await next.store.head(sessionId)).head).toEqual(head)
})
