import { createStore } from '@caughtup/store'
import { sqlite } from '@caughtup/store/sqlite'
import { describe, expect, test } from 'vitest'

import type { SummariseContext } from '../src/host/summarise.ts'
import { openTestServer, readUntil, testDatabase } from './support/open-test-server.ts'
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

describe('the members of a session', () => {
  test('are shown to each of them, added by the owner, and removed by the owner or by themselves', async () => {
    const { ann, bob, client, create } = await openShared()
    const { id: sessionId } = await create()
    expect(await ann.sessions.addMember({ sessionId, principal: 'eve' })).toEqual({ added: true })
    expect(await ann.sessions.addMember({ sessionId, principal: 'eve' })).toEqual({ added: false })
    const eve = client('eve')
    expect(await eve.sessions.members({ sessionId })).toEqual({
      members: [
        { principal: 'ann', owner: true },
        { principal: 'bob', owner: false },
        { principal: 'eve', owner: false },
      ],
    })
    const removal = { sessionId, principal: 'eve' }
    await expect(bob.sessions.removeMember(removal)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(await ann.sessions.removeMember(removal)).toEqual({ removed: true })
    expect(await ann.sessions.removeMember(removal)).toEqual({ removed: false })
    await expect(eve.sessions.get({ sessionId })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(await bob.sessions.removeMember({ sessionId, principal: 'bob' })).toEqual({
      removed: true,
    })
    await expect(bob.sessions.get({ sessionId })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(await bob.sessions.list()).toMatchObject({ sessions: [] })
  })

  test('always include the owner', async () => {
    const { ann, create } = await openShared()
    const { id: sessionId } = await create()
    await expect(ann.sessions.removeMember({ sessionId, principal: 'ann' })).rejects.toMatchObject({
      code: 'CONFLICT',
      data: { field: 'principal', reason: 'owner' },
    })
  })

  test('change at most so often per minute', async () => {
    const { client } = await openTestServer({ limits: { changesPerMinute: 2 } })
    const { id: sessionId } = await client().sessions.create()
    const bob = { sessionId, principal: 'bob' }
    await client().sessions.addMember(bob)
    await client().sessions.removeMember(bob)
    await expect(client().sessions.addMember(bob)).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      data: { limit: 2, retryAfter: expect.any(Number) },
    })
  })
})

test('the host decides who may be added or removed by whom', async () => {
  const asked: unknown[] = []
  const { client } = await openTestServer({
    can: ({ id }, action, session, about) => {
      if (about.length > 0) asked.push([id, action, session?.owner, about])
      return !about.includes('stranger')
    },
  })
  const ann = client('ann')
  const { id: sessionId } = await ann.sessions.create({ members: ['bob', 'eve'] })
  await ann.sessions.addMember({ sessionId, principal: 'dan' })
  await client('bob').sessions.removeMember({ sessionId, principal: 'bob' })
  const stranger = { sessionId, principal: 'stranger' }
  const refused = { code: 'NOT_FOUND' }
  await expect(ann.sessions.addMember(stranger)).rejects.toMatchObject(refused)
  await expect(ann.sessions.create({ members: ['stranger'] })).rejects.toMatchObject(refused)
  expect((await client('stranger').sessions.list()).sessions).toEqual([])
  expect(asked).toEqual([
    ['ann', 'sessions.create', undefined, ['bob', 'eve']],
    ['ann', 'sessions.addMember', 'ann', ['dan']],
    ['bob', 'sessions.removeMember', 'ann', ['bob']],
    ['ann', 'sessions.addMember', 'ann', ['stranger']],
    ['ann', 'sessions.create', undefined, ['stranger']],
  ])
})

describe('a session of an id that the caller chose', () => {
  test('is made once, with its members, and returned as it is after that', async () => {
    const { ann, bob, store } = await openShared()
    const made = { sessionId: 'mine', title: 'First', members: ['bob'] }
    const session = await ann.sessions.create(made)
    expect(session).toMatchObject({ id: 'mine', title: 'First', owner: 'ann' })
    await ann.messages.send({ sessionId: 'mine', text: 'Hi' })
    const again = await Promise.all([
      ann.sessions.create(made),
      ann.sessions.create({ sessionId: 'mine', title: 'Other', members: ['eve'] }),
    ])
    const now = await ann.sessions.get({ sessionId: 'mine' })
    expect(again).toEqual([now, now])
    expect(now.title).toBe('First')
    expect(await store.sessions.members('mine')).toEqual(['ann', 'bob'])
    expect(await bob.sessions.get({ sessionId: 'mine' })).toEqual(now)
  })

  test('is one session if two calls make it at once', async () => {
    const { ann } = await openShared()
    const made = await Promise.all([1, 2, 3].map(() => ann.sessions.create({ sessionId: 'mine' })))
    expect(new Set(made.map(({ createdAt }) => createdAt)).size).toBe(1)
    expect((await ann.sessions.list()).sessions).toHaveLength(1)
  })

  test('is refused if somebody else has one of this id, member or not, and nothing is told of it', async () => {
    const { ann, bob, client, store } = await openShared()
    await ann.sessions.create({ sessionId: 'mine', title: 'Secret', members: ['bob'] })
    for (const other of [bob, client('eve')]) {
      const refused = await other.sessions
        .create({ sessionId: 'mine', members: ['eve'] })
        .catch((error: unknown) => error)
      expect(refused).toMatchObject({
        code: 'CONFLICT',
        data: { field: 'sessionId', value: 'mine', reason: 'session-exists' },
      })
      expect(JSON.stringify(refused)).not.toMatch(/ann|Secret/)
    }
    expect(await store.sessions.members('mine')).toEqual(['ann', 'bob'])
  })

  test('counts against the limit of sessions per minute, made or not', async () => {
    const { client } = await openTestServer({ limits: { createsPerMinute: 2 } })
    const make = () => client().sessions.create({ sessionId: 'mine' })
    await make()
    await make()
    await expect(make()).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED', data: { limit: 2 } })
  })

  test('is another one after a deletion, whose followers end', async () => {
    const { ann, bob } = await openShared()
    await ann.sessions.create({ sessionId: 'mine', members: ['bob'] })
    await ann.messages.send({ sessionId: 'mine', text: 'Old' })
    const stream = await bob.onChat({ sessionId: 'mine', mode: { type: 'full' } })
    await readUntil(stream, 'caught-up')
    await ann.sessions.delete({ sessionId: 'mine' })
    await ann.sessions.create({ sessionId: 'mine', title: 'New' })
    const frames = await readUntil(stream, 'end')
    expect(frames.at(-1)).toEqual({ type: 'end', reason: 'session-deleted' })
    expect((await ann.history.loadMore({ sessionId: 'mine' })).messages).toEqual([])
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
