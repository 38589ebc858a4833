import type { StandardSchema } from '@caughtup/schema'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'

import { createChatServer } from '../src/create-chat-server.ts'
import { openTestServer } from './support/open-test-server.ts'

const project = z.strictObject({
  project: z.string().max(5),
  tags: z.array(z.string()).default([]),
})

describe('metadata of a session', () => {
  test('are set and replaced by its members, alone or with the title', async () => {
    const { client, store } = await openTestServer()
    const [ann, bob] = [client('ann'), client('bob')]
    const made = await ann.sessions.create({ members: ['bob'], metadata: { a: 1 } })
    const { id: sessionId } = made
    expect(made.metadata).toEqual({ a: 1 })
    expect(await bob.sessions.update({ sessionId, metadata: { b: [2] } })).toMatchObject({
      title: '',
      metadata: { b: [2] },
    })
    await ann.sessions.update({ sessionId, title: 'Title' })
    const { sessions } = await bob.sessions.list()
    expect(sessions).toMatchObject([{ title: 'Title', metadata: { b: [2] } }])
    await ann.sessions.update({ sessionId, title: 'Both', metadata: {} })
    expect(await store.sessions.get(sessionId, 'bob')).toMatchObject({
      title: 'Both',
      metadata: {},
    })
  })

  test('nested deeper than 100 are refused by name', async () => {
    const { chat, client } = await openTestServer()
    const create = async (depth: number) => {
      const deep = `${'['.repeat(depth)}${']'.repeat(depth)}`
      const request = new Request('http://localhost/rpc/sessions/create', {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-principal': 'ann' },
        body: `{"json":{"metadata":{"deep":${deep}}}}`,
      })
      const response = await chat.fetch(request)
      return [response.status, await response.text()] as const
    }
    const [status, body] = await create(100_000)
    expect(status).toBe(400)
    expect(JSON.parse(body)).toMatchObject({
      json: { code: 'BAD_INPUT', data: { field: 'metadata.deep' } },
    })
    expect((await create(101))[0]).toBe(400)
    expect((await create(100))[0]).toBe(200)
    expect((await client('ann').sessions.list()).sessions).toHaveLength(1)
  })

  test('are not in the list of activity', async () => {
    const { client } = await openTestServer()
    await client().sessions.create({ metadata: { a: 1 } })
    expect((await client().activity.list()).rows[0]).not.toHaveProperty('metadata')
  })

  test('change at most so often per minute, as titles do', async () => {
    const { client } = await openTestServer({ limits: { changesPerMinute: 1 } })
    const { id: sessionId } = await client().sessions.create()
    await client().sessions.update({ sessionId, metadata: {} })
    const again = client().sessions.update({ sessionId, title: 'x' })
    await expect(again).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED', data: { limit: 1 } })
  })
})

describe('metadata with a schema of the host', () => {
  test('are stored as the schema makes them', async () => {
    const { client } = await openTestServer({ schemas: { sessionMetadata: project } })
    const metadata = { project: 'one' }
    const { id: sessionId, metadata: kept } = await client().sessions.create({ metadata })
    expect(kept).toEqual({ project: 'one', tags: [] })
    await client().sessions.update({ sessionId, metadata: { project: 'two', tags: ['x'] } })
    expect((await client().sessions.get({ sessionId })).metadata).toEqual({
      project: 'two',
      tags: ['x'],
    })
    expect(await client().sessions.create()).not.toHaveProperty('metadata')
  })

  test.each([
    [{}, 'metadata.project', 'undefined'],
    [{ project: 'too long' }, 'metadata.project', 'too long'],
    [{ project: 'x', tags: ['a', 5] }, 'metadata.tags.1', '5'],
    [{ project: 'x', more: 1 }, 'metadata', expect.any(String)],
  ])(
    '%j are refused with the path of what is wrong, and nothing changes',
    async (metadata, field, value) => {
      const { client, errors } = await openTestServer({ schemas: { sessionMetadata: project } })
      const kept = { project: 'one', tags: [] }
      const { id: sessionId } = await client().sessions.create({ metadata: kept })
      const refused = { code: 'BAD_INPUT', status: 400, defined: true, data: { field, value } }
      await expect(client().sessions.create({ metadata })).rejects.toMatchObject(refused)
      const update = client().sessions.update({ sessionId, title: 'New', metadata })
      await expect(update).rejects.toMatchObject(refused)
      const { sessions } = await client().sessions.list()
      expect(sessions).toMatchObject([{ title: '', metadata: kept }])
      expect(errors).toEqual([])
    },
  )

  test.each<[string, StandardSchema<object>['~standard']['validate']]>([
    ['throws', () => Promise.reject(new Error('ldap://secret'))],
    ['makes a text', () => ({ value: 'secret' as unknown as object })],
  ])('that %s are an error of the server, without details', async (_, validate) => {
    const schemas = { sessionMetadata: { '~standard': { validate } } }
    const { client, errors } = await openTestServer({ schemas })
    const made = await client()
      .sessions.create({ metadata: {} })
      .catch((error: unknown) => error)
    expect(made).toMatchObject({ code: 'INTERNAL_SERVER_ERROR', status: 500 })
    expect(JSON.stringify(made)).not.toContain('secret')
    expect(errors).toMatchObject([{ where: 'sessions.create' }])
  })

  test('need a Standard Schema', async () => {
    const { store } = await openTestServer()
    const required = { store, agent: async function* () {}, principal: () => ({ id: 'me' }) }
    for (const sessionMetadata of [null, 'x', {}, { '~standard': {} }]) {
      const schemas = { sessionMetadata } as { sessionMetadata: StandardSchema<object> }
      expect(() => createChatServer({ ...required, schemas })).toThrow('`schemas.sessionMetadata`')
    }
  })
})
