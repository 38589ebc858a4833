import type { EventDraft } from '@caughtup/schema'
import { createChatServer } from '@caughtup/server'
import { serve } from '@caughtup/server/node'
import { createStore } from '@caughtup/store'
import { memory } from '@caughtup/store/memory'
import { createChatClient, type Link, sse, webSocket } from '@caughtup/web-client'
import { expect, onTestFinished, test } from 'vitest'

const links: [string, (url: string) => Link][] = [
  ['HTTP', (url) => sse({ url })],
  ['a WebSocket', (url) => webSocket({ url })],
]

/** Bytes that a client receives of a turn with an answer of so many characters, live and after an absence. */
async function bytesOfTurn(link: (url: string) => Link, history: number, characters: number) {
  const store = await createStore({ storage: memory() })
  const chat = createChatServer({
    store,
    agent: async function* () {
      for (let sent = 0; sent < characters; sent += 1_000) {
        yield { type: 'text-delta', text: 'x'.repeat(1_000) }
      }
    },
    principal: () => ({ id: 'me' }),
    drain: 0,
  })
  const serving = await serve(chat)
  const { id: sessionId } = await store.sessions.create({ owner: 'me', title: 'Test' })
  const drafts = Array.from({ length: history }, (_, index): EventDraft => {
    const parts = [{ type: 'text' as const, text: 'y'.repeat(8_000) }]
    const metadata = { createdAt: 1 }
    const message = { id: `m${index}`, role: 'user', status: 'done', parts, metadata } as const
    return { type: 'message-created', message }
  })
  await store.append({ sessionId, drafts })
  const client = createChatClient({ link: link(`${serving.url}/rpc`) })
  onTestFinished(async () => {
    client.close()
    await serving.close()
    await chat.close()
    await store.close()
  })
  const { messages } = client.rpc
  const view = client.session(sessionId)
  onTestFinished(view.subscribe(() => {}))
  const live = () => expect.poll(() => view.getSnapshot().connection.status).toBe('live')
  const answered = (count: number) =>
    expect
      .poll(() => {
        const { messages: shown, run } = view.getSnapshot()
        return [shown.length, shown.at(-1)?.status, run]
      })
      .toEqual([history + count, 'done', undefined])
  await live()
  const opened = client.stats().bytesReceived
  await messages.send({ sessionId, text: 'Hi' })
  await answered(2)
  const turn = client.stats().bytesReceived - opened
  view.pause()
  await messages.send({ sessionId, text: 'Again' })
  await expect.poll(async () => (await store.head(sessionId)).head.run).toBeUndefined()
  const before = client.stats().bytesReceived
  view.resume()
  await answered(4)
  await live()
  const missed = client.stats().bytesReceived - before
  expect(view.getSnapshot().connection.lastReplay).toMatchObject({ mode: 'since' })
  return { opened, turn, missed }
}

test.each(links)(
  'over %s, a turn costs the bytes of the turn, however long the session is, live and after an absence',
  async (_, link) => {
    const [empty, long, large] = [
      await bytesOfTurn(link, 0, 10_000),
      await bytesOfTurn(link, 90, 10_000),
      await bytesOfTurn(link, 90, 40_000),
    ]
    expect(long.opened).toBeGreaterThan(90 * 8_000)
    for (const bytes of ['turn', 'missed'] as const) {
      expect(empty[bytes]).toBeGreaterThan(10_000)
      expect(empty[bytes]).toBeLessThan(16_000)
      expect(Math.abs(long[bytes] - empty[bytes])).toBeLessThan(2_000)
      expect(large[bytes] - long[bytes]).toBeGreaterThan(29_000)
      expect(large[bytes] - long[bytes]).toBeLessThan(34_000)
    }
  },
)
