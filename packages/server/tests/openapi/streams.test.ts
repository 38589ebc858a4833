import type { ChatFrame, Event } from '@caughtup/schema'
import { ManualClock } from '@caughtup/schema/testing'
import { getEventMeta } from '@orpc/server'
import { describe, expect, test } from 'vitest'

import { openApi } from '../../src/openapi.ts'
import {
  openTestServer,
  readUntil,
  serveTest,
  type TestServer,
  type TestServerOptions,
} from '../support/open-test-server.ts'
import { apiClient } from './api-client.ts'

const open = (options: TestServerOptions = {}) =>
  openTestServer({ mounts: [openApi()], stats: () => true, ...options })

/** A client over a socket. */
async function overSocket({ chat }: TestServer) {
  const { url } = await serveTest(chat)
  return { url, client: apiClient({ fetch, principal: 'me', url: `${url}/api` }) }
}

const inProcess = ({ chat }: TestServer) => apiClient({ fetch: chat.fetch, principal: 'me' })

/** The text of an answer to a request for a stream, once it is over. */
async function rawStream(url: string, sessionId: string): Promise<string> {
  const response = await fetch(`${url}/api/onChat`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-principal': 'me' },
    body: JSON.stringify({ sessionId, mode: { type: 'full' } }),
  })
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': 'text/event-stream',
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no',
  })
  return response.text()
}

/** Adds a message of this text, as a commit of its own. */
async function addMessage({ store }: TestServer, sessionId: string, text: string): Promise<void> {
  await store.append({
    sessionId,
    drafts: [
      {
        type: 'message-created',
        message: {
          id: text,
          role: 'user',
          status: 'done',
          parts: [{ type: 'text', text }],
          metadata: { createdAt: 1 },
        },
      },
    ],
  })
}

const eventsOf = (frames: readonly ChatFrame[]): Event[] =>
  frames.flatMap((frame) => (frame.type === 'events' ? frame.events : []))

const hasMessage = (id: string) => (frame: Extract<ChatFrame, { type: 'events' }>) =>
  frame.events.some((event) => event.type === 'message-created' && event.message.id === id)

describe('a stream of the HTTP API', () => {
  test('that was cut goes on strictly after the last event id, though the request is the same', async () => {
    const server = await open()
    const { client } = await overSocket(server)
    const { id: sessionId } = await client.sessions.create()
    const input = { sessionId, mode: { type: 'full' } } as const
    const seen: ChatFrame[] = []
    let lastEventId: string | undefined
    for (let cut = 0; cut < 4; cut++) {
      const leaving = new AbortController()
      const options = { signal: leaving.signal, ...(lastEventId !== undefined && { lastEventId }) }
      const stream = await client.onChat(input, options)
      // Of the messages, one comes while nobody is there, and one live.
      const frames = await readUntil(stream, 'caught-up')
      expect(frames[0]).toMatchObject({ type: 'replay', mode: cut === 0 ? 'full' : 'since' })
      await addMessage(server, sessionId, `live-${cut}`)
      frames.push(...(await readUntil(stream, 'events', hasMessage(`live-${cut}`))))
      lastEventId = frames
        .map((frame) => getEventMeta(frame)?.id)
        .findLast((id) => id !== undefined)
      seen.push(...frames)
      leaving.abort()
      await addMessage(server, sessionId, `away-${cut}`)
    }
    const events = eventsOf(seen)
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1))
    expect(events).toHaveLength(7)
    expect(server.errors).toEqual([])
  })

  test('that ends says so in its last frame, and sends no event of another kind', async () => {
    const server = await open()
    const { url, client } = await overSocket(server)
    const { id: sessionId } = await client.sessions.create()
    const raw = rawStream(url, sessionId)
    const other = await client.onChat({ sessionId, mode: { type: 'full' } })
    await readUntil(other, 'caught-up')
    await expect.poll(() => server.store.stats().followers).toBe(1)
    await client.sessions.delete({ sessionId })
    const events = (await raw).split('\n\n').filter((event) => event !== '' && event !== ': ')
    expect(events.at(-1)).toBe('data: {"type":"end","reason":"session-deleted"}')
    for (const event of events) expect(event).toMatch(/^(?:id: \S+\n)?data: \{"type":"[\w-]+".*\}$/)
    expect((await readUntil(other, 'end')).at(-1)).toMatchObject({ reason: 'session-deleted' })
    expect(await other.next()).toMatchObject({ done: true })
  })

  test('of a server that shuts down ends with that reason', async () => {
    const server = await open()
    const { client } = await overSocket(server)
    const { id: sessionId } = await client.sessions.create()
    const chat = await client.onChat({ sessionId, mode: { type: 'full' } })
    await readUntil(chat, 'caught-up')
    const activity = await client.activity.subscribe()
    await readUntil(activity, 'caught-up')
    const closed = server.chat.close()
    for (const stream of [chat, activity]) {
      expect(
        (await readUntil<{ type: string; reason?: string }, string>(stream, 'end')).at(-1),
      ).toMatchObject({ reason: 'shutting-down' })
      expect(await stream.next()).toMatchObject({ done: true })
    }
    await closed
  })

  test('has a heartbeat while nothing happens', async () => {
    const clock = new ManualClock()
    const server = await open({ clock })
    const client = inProcess(server)
    const { id: sessionId } = await client.sessions.create()
    const stream = await client.onChat({ sessionId, mode: { type: 'full' } })
    await readUntil(stream, 'caught-up')
    await readUntil(stream, 'transient')
    for (let beat = 0; beat < 2; beat++) {
      const [frames] = await Promise.all([readUntil(stream, 'heartbeat'), clock.advance(5_000)])
      expect(frames.map(({ type }) => type)).toEqual(['heartbeat'])
    }
  })

  test('that nobody reads holds little, and brings all of it merged once it is read', async () => {
    const server = await open()
    const client = inProcess(server)
    const { id: sessionId } = await client.sessions.create()
    const stream = await client.onChat({ sessionId, mode: { type: 'full' } })
    await readUntil(stream, 'caught-up')
    const texts = Array.from({ length: 300 }, (_, index) =>
      `${index}-${'x'.repeat(150)}`.slice(0, 60),
    )
    for (const text of texts) await addMessage(server, sessionId, text)
    const frames = await readUntil(stream, 'events', hasMessage(texts.at(-1) ?? ''))
    expect(eventsOf(frames).map(({ seq }) => seq)).toEqual(texts.map((_, index) => index + 1))
    expect(frames.length).toBeLessThan(texts.length / 2)
  })

  test.each(['over a socket', 'in the process'])(
    'that its client leaves %s is closed',
    async (where) => {
      const server = await open()
      const client =
        where === 'over a socket' ? (await overSocket(server)).client : inProcess(server)
      const { id: sessionId } = await client.sessions.create()
      const leaving = new AbortController()
      const stream = await client.onChat(
        { sessionId, mode: { type: 'full' } },
        { signal: leaving.signal },
      )
      await readUntil(stream, 'caught-up')
      expect(await client.server.stats()).toMatchObject({ chatStreams: 1 })
      if (where === 'over a socket') leaving.abort()
      else await stream.return()
      await expect.poll(() => client.server.stats()).toMatchObject({ chatStreams: 0 })
      expect(server.errors).toEqual([])
    },
  )

  test('that is refused has the status of the error', async () => {
    const server = await open()
    const { id: sessionId } = await server.client('you').sessions.create()
    await expect(
      inProcess(server).onChat({ sessionId, mode: { type: 'full' } }),
    ).rejects.toMatchObject({ code: 'NOT_FOUND', status: 404, defined: true })
  })
})
