import { ManualClock, settle } from '@caughtup/schema/testing'
import type { Store } from '@caughtup/store'
import { describe, expect, test } from 'vitest'

import { createChatServer } from '../src/create-chat-server.ts'
import { openTestServer, readUntil } from './support/open-test-server.ts'
import { ScriptedAgent } from './support/scripted-agent.ts'

describe('what the host does wrong', () => {
  test('a logger that throws neither ends the process nor prevents a run from ending', async () => {
    const scripted = new ScriptedAgent()
    const { client } = await openTestServer({
      agent: scripted.agent,
      onError: () => {
        throw new Error('the logger is broken')
      },
    })
    const me = client()
    const { id: sessionId } = await me.sessions.create()
    const stream = await me.onChat({ sessionId, mode: { type: 'full' } })
    await readUntil(stream, 'caught-up')
    await me.messages.send({ sessionId, text: 'Hi' })
    const run = await scripted.run()
    run.fail(new Error('boom'))
    const frames = await readUntil(stream, 'events', ({ events }) =>
      events.some(({ type }) => type === 'run-ended'),
    )
    expect(frames.at(-1)).toMatchObject({ events: [{}, { type: 'run-ended', reason: 'error' }] })
  })

  test.each([{}, { text: 5 }, { text: 'short', usage: 5 }])(
    'a summary of %j ends its run with an error at once, and the queue continues',
    async (summary) => {
      const { client } = await openTestServer({
        lease: 1e9,
        summarise: async () => summary as never,
      })
      const me = client()
      const { id: sessionId } = await me.sessions.create()
      const stream = await me.onChat({ sessionId, mode: { type: 'full' } })
      await readUntil(stream, 'caught-up')
      await me.messages.send({ sessionId, text: 'Hi' })
      await me.history.compact({ sessionId })
      await me.messages.send({ sessionId, text: 'Again' })
      const ends: string[] = []
      await readUntil(stream, 'events', ({ events }) => {
        for (const event of events) if (event.type === 'run-ended') ends.push(event.reason)
        return ends.length === 3
      })
      expect(ends).toEqual(['stop', 'error', 'stop'])
    },
  )
})

describe('options and input', () => {
  test.each(['store', 'agent', 'principal'])(
    'a missing %s is rejected at once, by name',
    async (name) => {
      const { store } = await openTestServer()
      const options = {
        store,
        agent: async function* () {},
        principal: () => ({ id: 'me' }),
        [name]: undefined,
      }
      expect(() => createChatServer(options as never)).toThrow(`\`${name}\``)
    },
  )

  test('a principal without an id is logged, and the client gets no details', async () => {
    const { client, errors } = await openTestServer({ principal: () => 'me' as never })
    await expect(client().sessions.create()).rejects.toMatchObject({ status: 500 })
    expect(String(errors[0]?.error)).toMatch(/must return \{ id: string \}.*me/)
  })

  test('an empty prompt is refused', async () => {
    const me = (await openTestServer()).client()
    const { id: sessionId } = await me.sessions.create()
    await expect(me.messages.send({ sessionId, text: ' \n' })).rejects.toMatchObject({
      code: 'BAD_INPUT',
      data: { field: 'text' },
    })
  })
})

describe('closing', () => {
  test('a stream that was requested before the close and opens after it is refused', async () => {
    const asked = Promise.withResolvers<{ id: string }>()
    let slow = false
    const { chat, client } = await openTestServer({
      principal: () => (slow ? asked.promise : { id: 'me' }),
    })
    const me = client()
    const { id: sessionId } = await me.sessions.create()
    slow = true
    const opening = me.onChat({ sessionId, mode: { type: 'full' } })
    await settle()
    await chat.close()
    asked.resolve({ id: 'me' })
    await expect(opening).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })

  test('active runs can be interrupted', async () => {
    const clock = new ManualClock()
    const scripted = new ScriptedAgent()
    const { chat, client } = await openTestServer({ agent: scripted.agent, clock, drain: 60_000 })
    const me = client()
    const { id: sessionId } = await me.sessions.create()
    await me.messages.send({ sessionId, text: 'Hi' })
    await scripted.run()
    const closing = chat.close()
    await expect(me.messages.send({ sessionId, text: 'x' })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    })
    expect(await me.runs.interrupt({ sessionId })).toEqual({ interrupted: true })
    await closing
  })
})

test('a title that was set meanwhile is kept', async () => {
  const { store, client } = await openTestServer()
  const me = client()
  const { id: sessionId } = await me.sessions.create()
  const { append } = store
  const changed: Store['append'] = async (slice, options) => {
    const result = await append(slice, options)
    await me.sessions.update({ sessionId, title: 'Mine' })
    return result
  }
  Object.assign(store, { append: changed })
  await me.messages.send({ sessionId, text: 'First line' })
  expect((await me.sessions.get({ sessionId })).title).toBe('Mine')
})

test('a window that a boundary emptied during the replay reports older messages', async () => {
  const { store, client } = await openTestServer({ lease: 1e9 })
  const me = client()
  const { id: sessionId } = await me.sessions.create()
  const { window } = store
  const emptied: Store['window'] = async (...input) => {
    const empty = await window(...input)
    Object.assign(store, { window })
    const stream = await me.onChat({ sessionId, mode: { type: 'full' } })
    await readUntil(stream, 'caught-up')
    await me.messages.send({ sessionId, text: 'Hi' })
    await me.history.reset({ sessionId })
    await readUntil(stream, 'events', ({ events }) => events.some(({ epoch }) => epoch === 1))
    return empty
  }
  Object.assign(store, { window: emptied })
  const stream = await me.onChat({ sessionId, mode: { type: 'full' } })
  const frames = await readUntil(stream, 'caught-up')
  expect(frames.at(-1)).toMatchObject({ type: 'caught-up', epoch: 1, hasOlder: true })
  expect((await me.history.loadMore({ sessionId })).messages).toHaveLength(2)
})
