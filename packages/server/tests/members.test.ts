import { createStore } from '@caughtup/store'
import { sqlite } from '@caughtup/store/sqlite'
import { describe, expect, test } from 'vitest'

import type { SummariseContext } from '../src/host/summarise.ts'
import { openTestServer, testDatabase } from './support/open-test-server.ts'
import { ScriptedAgent } from './support/scripted-agent.ts'

/** A server whose principals have more than an id, and a session that Ann owns and Bob is a member of. */
async function openShared(file = testDatabase()) {
  const store = await createStore({ storage: sqlite({ path: file }) })
  const scripted = new ScriptedAgent()
  const summarised: SummariseContext[] = []
  const server = await openTestServer({
    store,
    agent: scripted.agent,
    summarise: async (context) => {
      summarised.push(context)
      return 'So far'
    },
    principal: ({ headers }) => ({ id: headers.get('x-principal') ?? '', tenant: 'acme' }),
  })
  const create = () => store.sessions.create({ owner: 'ann', members: ['bob'] })
  return {
    ...server,
    scripted,
    summarised,
    create,
    ann: server.client('ann'),
    bob: server.client('bob'),
  }
}

describe('the owner of a session', () => {
  test('alone may delete it; other members get NOT_FOUND', async () => {
    const { store, ann, bob, create } = await openShared()
    const { id: sessionId } = await create()
    expect(await bob.sessions.get({ sessionId })).toMatchObject({ owner: 'ann' })
    await expect(bob.sessions.delete({ sessionId })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(await store.sessions.get(sessionId, 'bob')).toMatchObject({ owner: 'ann' })
    expect(await ann.sessions.delete({ sessionId })).toEqual({ deleted: true })
    await expect(bob.sessions.get({ sessionId })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  test('is subject to `can` as well', async () => {
    const { client } = await openTestServer({ can: (_, action) => action !== 'sessions.delete' })
    const { id: sessionId } = await client().sessions.create()
    await expect(client().sessions.delete({ sessionId })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
  })
})

describe('the author of a prompt', () => {
  test('is sent with its message and while it is queued, and the agent gets only the id', async () => {
    const { store, scripted, ann, bob, create } = await openShared()
    const { id: sessionId } = await create()
    await ann.messages.send({ sessionId, text: 'First' })
    await bob.messages.send({ sessionId, text: 'Second' })
    await bob.history.reset({ sessionId })
    const { head } = await store.head(sessionId)
    expect(head.queue).toMatchObject([
      { kind: 'agent', author: 'bob' },
      { kind: 'reset', author: 'bob' },
    ])
    const first = await scripted.run()
    expect(first.context.principal).toEqual({ id: 'ann' })
    first.finish()
    const second = await scripted.run()
    expect(second.context.principal).toEqual({ id: 'bob' })
    const { messages } = await ann.history.loadMore({ sessionId })
    expect(messages.map(({ role, metadata }) => [role, metadata.author])).toEqual([
      ['user', 'ann'],
      ['assistant', undefined],
      ['user', 'bob'],
      ['assistant', undefined],
    ])
  })

  test('survives a restart for queued prompts and compactions', async () => {
    const file = testDatabase()
    const before = await openShared(file)
    const { id: sessionId } = await before.create()
    await before.ann.messages.send({ sessionId, text: 'First' })
    const running = await before.scripted.run()
    running.say('Half')
    await before.bob.messages.send({ sessionId, text: 'Second' })
    await before.bob.history.compact({ sessionId })
    await before.chat.close()
    await before.store.close()
    const after = await openShared(file)
    const next = await after.scripted.run()
    expect(next.context.principal).toEqual({ id: 'bob' })
    expect(next.context.prompt).toMatchObject({ metadata: { author: 'bob' } })
    next.finish()
    await expect.poll(() => after.summarised.length).toBe(1)
    expect(after.summarised[0]?.principal).toEqual({ id: 'bob' })
    expect(after.errors).toEqual([])
  })

  test("is unknown if the host's code queued the prompt without one", async () => {
    const { store, scripted, ann, create } = await openShared()
    const { id: sessionId } = await create()
    await ann.messages.send({ sessionId, text: 'First' })
    const parts = [{ type: 'text' as const, text: 'By the host' }]
    const add = { kind: 'agent' as const, runId: 'r', messageId: 'm', parts, queuedAt: 1 }
    await store.append({ sessionId, drafts: [{ type: 'queue-changed', add }] })
    const first = await scripted.run()
    first.finish()
    const second = await scripted.run()
    expect(second.context).not.toHaveProperty('principal')
  })
})
