import { randomBytes } from 'node:crypto'

import { describe, expect, test } from 'vitest'

import {
  openTestServer,
  readUntil,
  type TestServerOptions,
} from '../../tests/support/open-test-server.ts'
import { ScriptedAgent } from '../../tests/support/scripted-agent.ts'

/** A session whose first run never ends by itself, so that later prompts queue. */
async function openBusy(limits: TestServerOptions['limits'] = {}) {
  const server = await openTestServer({ agent: new ScriptedAgent().agent, lease: 1e9, limits })
  const client = server.client()
  const { id: sessionId } = await client.sessions.create({ title: 'Test' })
  const send = (text: string) => client.messages.send({ sessionId, text })
  await send('Begin')
  return { ...server, client, sessionId, send }
}

describe('a queue', () => {
  test('costs a stream, the journal and the database the size of its prompts, not a multiple', async () => {
    const { store, client, sessionId, send } = await openBusy({ queuedBytesPerSession: 1e9 })
    const stream = await client.onChat({ sessionId, mode: { type: 'live' } })
    await readUntil(stream, 'caught-up')
    const before = store.stats()
    const waiting: string[] = []
    let [sent, streamed] = [0, 0]
    const sendOne = async () => {
      const text = randomBytes(13_000).toString('hex')
      const { runId } = await send(text)
      const frames = await readUntil(stream, 'events', ({ events }) =>
        events.some((event) => event.type === 'queue-changed' && event.add?.runId === runId),
      )
      waiting.push(runId)
      sent += text.length
      streamed += JSON.stringify(frames).length
    }
    for (let n = 0; n < 20; n++) await sendOne()
    for (let n = 0; n < 95; n++) {
      await client.runs.interrupt({ sessionId, runId: waiting.shift()! })
      await sendOne()
    }
    const { eventBytes, databaseBytes } = store.stats()
    const cost = {
      stream: streamed / sent,
      journal: (eventBytes - before.eventBytes) / sent,
      database: (databaseBytes - before.databaseBytes) / sent,
    }
    expect(cost.stream).toBeLessThan(1.1)
    expect(cost.journal).toBeLessThan(1.1)
    // The log keeps entries beside the blocks for a while, and SQLite its write-ahead log.
    expect(cost.database).toBeLessThan(4)
  })

  test('is limited in bytes as well, but always accepts one prompt', async () => {
    const { client, sessionId, send } = await openBusy({ queuedBytesPerSession: 10_000 })
    await expect(send('x'.repeat(20_000))).resolves.toMatchObject({ queued: true })
    await expect(send('small')).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: expect.stringContaining('queuedBytesPerSession'),
      data: { limit: 10_000, reason: 'queue-too-large', retryAfter: 1_000 },
    })
    await expect(client.history.reset({ sessionId })).rejects.toMatchObject({
      data: { reason: 'queue-too-large' },
    })
  })

  test('accepts prompts up to its limit in bytes', async () => {
    const { send } = await openBusy({ queuedBytesPerSession: 10_000 })
    for (let n = 0; n < 3; n++) await send('x'.repeat(3_000))
    await expect(send('x'.repeat(3_000))).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })
})

describe('calls of one principal', () => {
  test('to interrupt are limited per minute, whatever run they name', async () => {
    const { client, sessionId, errors } = await openBusy({ interruptsPerMinute: 2 })
    await client.runs.interrupt({ sessionId, runId: 'nothing' })
    await client.runs.interrupt({ sessionId })
    await expect(client.runs.interrupt({ sessionId })).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: expect.stringContaining('interruptsPerMinute'),
      data: { limit: 2 },
    })
    expect(errors).toEqual([])
  })

  test('to create sessions are limited per minute, and the error says when to retry', async () => {
    const { client } = await openBusy({ createsPerMinute: 2 })
    await client.sessions.create()
    await expect(client.sessions.create()).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: expect.stringContaining('createsPerMinute'),
      data: { limit: 2, retryAfter: expect.any(Number) },
    })
  })

  test('to reset and to compact count like prompts', async () => {
    const { client, sessionId, send } = await openBusy({ sendsPerMinute: 2 })
    await client.history.reset({ sessionId })
    await expect(client.history.reset({ sessionId })).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: expect.stringContaining('sendsPerMinute'),
    })
    await expect(send('More')).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })
})
