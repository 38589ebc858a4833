import { expect, test } from 'vitest'

import { openTestServer, readUntil } from '../tests/support/open-test-server.ts'
import { createTestClient } from './testing.ts'

test.each(['/', '/rpc', '/api/v1/chat/'])('a test client calls a server at %s', async (path) => {
  const { chat } = await openTestServer({ path })
  const client = createTestClient(chat, { headers: { 'x-principal': 'me' } })
  const { id: sessionId } = await client.sessions.create({ title: 'Here' })
  const stream = await client.onChat({ sessionId, mode: { type: 'full' } })
  await readUntil(stream, 'caught-up')
  await stream.return?.()
  expect(await client.sessions.get({ sessionId })).toMatchObject({ title: 'Here' })
})

test('a test client gets errors like every other client', async () => {
  const { chat } = await openTestServer({ limits: { bodyBytes: 1_000 } })
  const nobody = createTestClient(chat)
  await expect(nobody.sessions.list()).rejects.toMatchObject({ code: 'UNAUTHORIZED', status: 401 })
  const me = createTestClient(chat, { headers: { 'x-principal': 'me' } })
  await expect(me.sessions.create({ title: 'x'.repeat(1_001) })).rejects.toMatchObject({
    code: 'TOO_LARGE',
    defined: true,
    data: { field: 'body', limit: 1_000 },
  })
})

test('a stream that a test leaves is closed', async () => {
  const { chat } = await openTestServer({ stats: () => true })
  const me = createTestClient(chat, { headers: { 'x-principal': 'me' } })
  const { id: sessionId } = await me.sessions.create()
  for await (const { type } of await me.onChat({ sessionId, mode: { type: 'full' } })) {
    if (type === 'caught-up') break
  }
  await expect.poll(async () => (await me.server.stats()).chatStreams).toBe(0)
})
