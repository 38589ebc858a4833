import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/fetch'
import { describe, expect, test } from 'vitest'

import type { ChatServer } from '../src/create-chat-server.ts'
import { openApi } from '../src/openapi.ts'
import { apiClient } from './openapi/api-client.ts'
import { openTestServer } from './support/open-test-server.ts'

/** An untyped client, which can send anything. */
type Untyped = Record<string, Record<string, (input?: unknown) => Promise<unknown>>> & {
  onChat: (input: unknown) => Promise<unknown>
}

const ways: Record<string, (chat: ChatServer) => Untyped> = {
  'over HTTP': (chat) =>
    createORPCClient(
      new RPCLink({
        url: 'http://chat.test/rpc',
        headers: { 'x-principal': 'me' },
        fetch: (request) => chat.fetch(request),
      }),
    ),
  'through `openApi()`': ({ fetch }) => apiClient({ fetch, principal: 'me' }) as unknown as Untyped,
}

async function openServer() {
  const server = await openTestServer({ summarise: async () => 'short', mounts: [openApi()] })
  const { id: sessionId } = await server.client().sessions.create()
  return { ...server, sessionId }
}

const huge = 'x'.repeat(300_000)

describe.each(Object.entries(ways))('bad input %s', (_, untyped) => {
  async function open() {
    const server = await openServer()
    return { ...server, call: untyped(server.chat) }
  }

  const wrongIds: unknown[] = [
    undefined,
    null,
    7,
    '',
    'a b',
    '../etc',
    'x'.repeat(65),
    huge,
    {},
    [],
  ]

  const aboutSessions: Record<string, (call: Untyped, sessionId: unknown) => Promise<unknown>> = {
    onChat: (call, sessionId) => call.onChat({ sessionId, mode: { type: 'full' } }),
    'sessions.get': (call, sessionId) => call['sessions']!['get']!({ sessionId }),
    'sessions.signal': (call, sessionId) =>
      call['sessions']!['signal']!({ sessionId, name: 'typing', data: true }),
    'sessions.update': (call, sessionId) => call['sessions']!['update']!({ sessionId, title: 'x' }),
    'sessions.members': (call, sessionId) => call['sessions']!['members']!({ sessionId }),
    'sessions.addMember': (call, sessionId) =>
      call['sessions']!['addMember']!({ sessionId, principal: 'x' }),
    'sessions.removeMember': (call, sessionId) =>
      call['sessions']!['removeMember']!({ sessionId, principal: 'me' }),
    'sessions.delete': (call, sessionId) => call['sessions']!['delete']!({ sessionId }),
    'messages.send': (call, sessionId) => call['messages']!['send']!({ sessionId, text: 'x' }),
    'sessions.fork': (call, sessionId) => call['sessions']!['fork']!({ sessionId, from: 'x' }),
    'messages.edit': (call, sessionId) =>
      call['messages']!['edit']!({ sessionId, messageId: 'x', text: 'x' }),
    'messages.delete': (call, sessionId) =>
      call['messages']!['delete']!({ sessionId, messageId: 'x' }),
    'messages.retry': (call, sessionId) => call['messages']!['retry']!({ sessionId }),
    'messages.resend': (call, sessionId) =>
      call['messages']!['resend']!({ sessionId, messageId: 'x', text: 'x' }),
    'messages.prompts': (call, sessionId) => call['messages']!['prompts']!({ sessionId }),
    'messages.versions': (call, sessionId) =>
      call['messages']!['versions']!({ sessionId, messageId: 'x' }),
    'messages.choose': (call, sessionId) =>
      call['messages']!['choose']!({ sessionId, messageId: 'x' }),
    'runs.respond': (call, sessionId) =>
      call['runs']!['respond']!({ sessionId, runId: 'x', toolCallId: 'x', approved: true }),
    'runs.updateQueued': (call, sessionId) =>
      call['runs']!['updateQueued']!({ sessionId, runId: 'x', text: 'x' }),
    'runs.interrupt': (call, sessionId) => call['runs']!['interrupt']!({ sessionId }),
    'history.loadMore': (call, sessionId) => call['history']!['loadMore']!({ sessionId }),
    'history.around': (call, sessionId) =>
      call['history']!['around']!({ sessionId, messageId: 'm' }),
    'history.search': (call, sessionId) => call['history']!['search']!({ sessionId, text: 'x' }),
    'events.list': (call, sessionId) => call['events']!['list']!({ sessionId }),
    'events.summary': (call, sessionId) => call['events']!['summary']!({ sessionId }),
    'events.get': (call, sessionId) => call['events']!['get']!({ sessionId, seq: 1 }),
    'events.delete': (call, sessionId) => call['events']!['delete']!({ sessionId, upTo: 1 }),
    'history.compact': (call, sessionId) => call['history']!['compact']!({ sessionId }),
    'history.reset': (call, sessionId) => call['history']!['reset']!({ sessionId }),
    'history.undo': (call, sessionId) => call['history']!['undo']!({ sessionId }),
    'history.redo': (call, sessionId) => call['history']!['redo']!({ sessionId }),
    'history.truncate': (call, sessionId) => call['history']!['truncate']!({ sessionId }),
    'history.erase': (call, sessionId) =>
      call['history']!['erase']!({ sessionId, messageIds: ['x'] }),
    'activity.markRead': (call, sessionId) =>
      call['activity']!['markRead']!({ sessionId, upTo: 1 }),
    'usage.get': (call, sessionId) => call['usage']!['get']!({ sessionId }),
    'usage.epochs': (call, sessionId) => call['usage']!['epochs']!({ sessionId }),
  }

  test('an unknown member is named', async () => {
    const { call, sessionId } = await open()
    await expect(call['sessions']!['get']!({ sessionId, extra: 1 })).rejects.toMatchObject({
      code: 'BAD_INPUT',
      data: { field: 'extra', value: '1' },
    })
  })

  test.each(Object.entries(aboutSessions))('to %s is named and has no effect', async (_, ask) => {
    const { call, sessionId, client, errors } = await open()
    for (const id of wrongIds) {
      await expect(ask(call, id)).rejects.toMatchObject({
        code: 'BAD_INPUT',
        status: 400,
        defined: true,
        data: { field: 'sessionId' },
      })
    }
    await expect(ask(call, 'unknown')).rejects.toMatchObject({ code: 'NOT_FOUND', status: 404 })
    expect(await client().sessions.get({ sessionId })).toMatchObject({ id: sessionId })
    expect(errors).toEqual([])
  })

  test.each(Object.entries(aboutSessions))(
    "to %s does not find another user's session",
    async (_, ask) => {
      const { call, client } = await open()
      const theirs = await client('you').sessions.create({ title: 'Private' })
      await expect(ask(call, theirs.id)).rejects.toMatchObject({ code: 'NOT_FOUND', status: 404 })
      expect(await client('you').sessions.get({ sessionId: theirs.id })).toEqual(theirs)
    },
  )

  test('names the field, the shortened value, and the limit', async () => {
    const { call, sessionId } = await open()
    const cases: [Promise<unknown>, object][] = [
      [call['sessions']!['create']!({ title: 'x'.repeat(201) }), { field: 'title', limit: 200 }],
      [call['sessions']!['create']!({ title: 7 }), { field: 'title', value: '7' }],
      [call['sessions']!['create']!({ extra: 1 }), {}],
      [call['sessions']!['update']!({ sessionId, title: huge }), { field: 'title', limit: 200 }],
      [call['sessions']!['create']!({ sessionId: 'ü' }), { field: 'sessionId', value: 'ü' }],
      [call['sessions']!['create']!({ members: 'ann' }), { field: 'members' }],
      [call['sessions']!['create']!({ members: ['ann', ''] }), { field: 'members.1' }],
      [
        call['sessions']!['create']!({ members: Array.from({ length: 100 }, (_, n) => `m${n}`) }),
        { field: 'members', limit: 100 },
      ],
      [call['sessions']!['addMember']!({ sessionId }), { field: 'principal' }],
      [call['sessions']!['addMember']!({ sessionId, principal: '' }), { field: 'principal' }],
      [
        call['sessions']!['addMember']!({ sessionId, principal: 'x'.repeat(1_001) }),
        { field: 'principal', limit: 1_000 },
      ],
      [call['sessions']!['addMember']!({ sessionId, principal: '\uD83C' }), { field: 'principal' }],
      [call['sessions']!['removeMember']!({ sessionId, principal: 7 }), { value: '7' }],
      [call['sessions']!['create']!({ metadata: [] }), { field: 'metadata' }],
      [
        call['sessions']!['create']!({ metadata: { text: 'x'.repeat(16_384) } }),
        { field: 'metadata', limit: 16_384 },
      ],
      [call['sessions']!['signal']!({ sessionId, data: 1 }), { field: 'name' }],
      [call['sessions']!['signal']!({ sessionId, name: '', data: 1 }), { field: 'name', limit: 1 }],
      [
        call['sessions']!['signal']!({ sessionId, name: 'x'.repeat(65), data: 1 }),
        { field: 'name', limit: 64 },
      ],
      [
        call['sessions']!['signal']!({ sessionId, name: 'presence', data: [] }),
        { field: 'name', value: 'presence' },
      ],
      [call['sessions']!['signal']!({ sessionId, name: 'typing' }), { field: 'data' }],
      [
        call['sessions']!['signal']!({ sessionId, name: 'typing', data: 'ü'.repeat(2_048) }),
        { field: 'data', limit: 4_096 },
      ],
      [
        call['sessions']!['signal']!({ sessionId, name: 'typing', data: 1, from: 'you' }),
        { field: 'from', value: 'you' },
      ],
      [call['sessions']!['update']!({ sessionId }), { field: 'title' }],
      [call['sessions']!['update']!({ sessionId, metadata: 'x' }), { field: 'metadata' }],
      [call['sessions']!['list']!({ limit: 201 }), { field: 'limit', limit: 200 }],
      [call['sessions']!['list']!({ limit: 0 }), { field: 'limit', limit: 1 }],
      [call['sessions']!['list']!({ cursor: 'nonsense' }), { field: 'cursor' }],
      [call['sessions']!['prompts']!({ limit: 201 }), { field: 'limit', limit: 200 }],
      [call['sessions']!['prompts']!({ limit: 0 }), { field: 'limit', limit: 1 }],
      [call['sessions']!['prompts']!({ cursor: '1.2' }), { field: 'cursor', value: '1.2' }],
      [call['sessions']!['prompts']!({ cursor: 'x'.repeat(129) }), { field: 'cursor', limit: 128 }],
      [call['sessions']!['list']!({ cursor: 'x'.repeat(129) }), { field: 'cursor', limit: 128 }],
      [call['history']!['loadMore']!({ sessionId, limit: 201 }), { field: 'limit', limit: 200 }],
      [call['history']!['loadMore']!({ sessionId, limit: 1.5 }), { field: 'limit', value: '1.5' }],
      [
        call['history']!['loadMore']!({ sessionId, cursor: { before: -1 } }),
        { field: 'cursor.before', value: '-1', limit: 0 },
      ],
      [
        call['history']!['loadMore']!({ sessionId, cursor: { after: 0.5 } }),
        { field: 'cursor.after', value: '0.5' },
      ],
      [call['history']!['loadMore']!({ sessionId, cursor: {} }), { field: 'cursor.before' }],
      [
        call['history']!['loadMore']!({ sessionId, cursor: { before: 2, after: 1 } }),
        { field: 'cursor.after' },
      ],
      [call['history']!['around']!({ sessionId }), { field: 'messageId' }],
      [
        call['history']!['around']!({ sessionId, messageId: 'm', limit: 201 }),
        { field: 'limit', limit: 200 },
      ],
      [
        call['history']!['search']!({ sessionId, text: 'x'.repeat(1_001) }),
        { field: 'text', limit: 1_000 },
      ],
      [call['history']!['search']!({ sessionId }), { field: 'text' }],
      [call['sessions']!['search']!({ text: huge }), { field: 'text', limit: 1_000 }],
      [call['sessions']!['search']!({ text: 'x', limit: 201 }), { field: 'limit', limit: 200 }],
      [call['events']!['list']!({ sessionId, limit: 201 }), { field: 'limit', limit: 200 }],
      [call['events']!['list']!({ sessionId, from: 'first' }), { field: 'from', value: 'first' }],
      [call['events']!['list']!({ sessionId, cursor: 'R.1.x' }), { field: 'cursor' }],
      [
        call['events']!['list']!({ sessionId, filter: { types: ['prompt'] } }),
        { field: 'filter.types.0', value: 'prompt' },
      ],
      [
        call['events']!['list']!({ sessionId, filter: { types: Array(99).fill('usage') } }),
        { field: 'filter.types', limit: 18 },
      ],
      [
        call['events']!['summary']!({ sessionId, filter: { kind: 1 } }),
        { field: 'filter.kind', value: '1' },
      ],
      [
        call['events']!['summary']!({ sessionId, filter: { since: -1 } }),
        { field: 'filter.since', value: '-1', limit: 0 },
      ],
      [call['events']!['get']!({ sessionId, seq: 1.5 }), { field: 'seq', value: '1.5' }],
      [call['events']!['delete']!({ sessionId, upTo: '5' }), { field: 'upTo', value: '5' }],
      [call['activity']!['markRead']!({ sessionId, upTo: -1 }), { field: 'upTo', value: '-1' }],
      [call['messages']!['send']!({ sessionId, text: 7 }), { field: 'text', value: '7' }],
      [call['messages']!['send']!({ sessionId, parts: [] }), { field: 'parts' }],
      [
        call['messages']!['send']!({ sessionId, parts: [{ type: 'text' }] }),
        { field: 'parts.0.text' },
      ],
      [
        call['messages']!['send']!({
          sessionId,
          parts: [{ type: 'file', mediaType: 'image/png', url: '/a.png' }],
        }),
        { field: 'parts.0.url', value: '/a.png' },
      ],
      [
        call['messages']!['send']!({ sessionId, text: 'x', messageId: 'ü' }),
        { field: 'messageId', value: 'ü' },
      ],
      [call['messages']!['edit']!({ sessionId, text: 'x' }), { field: 'messageId' }],
      [call['messages']!['edit']!({ sessionId, messageId: 'x' }), { field: 'text' }],
      [call['messages']!['edit']!({ sessionId, messageId: 'x', parts: [] }), { field: 'parts' }],
      [
        call['messages']!['edit']!({ sessionId, messageId: 'x', parts: [{ type: 'reasoning' }] }),
        { field: 'parts.0.type' },
      ],
      [
        call['messages']!['edit']!({ sessionId, messageId: 'x', text: 'x', metadata: {} }),
        { field: 'metadata' },
      ],
      [
        call['messages']!['edit']!({ sessionId, messageId: 'x', text: ' ' }),
        { field: 'text', value: '' },
      ],
      [
        call['messages']!['delete']!({ sessionId, messageId: 'a b' }),
        { field: 'messageId', value: 'a b' },
      ],
      [call['history']!['truncate']!({ sessionId, after: 7 }), { field: 'after', value: '7' }],
      [call['history']!['erase']!({ sessionId }), { field: 'messageIds' }],
      [
        call['history']!['erase']!({ sessionId, messageIds: [] }),
        { field: 'messageIds', limit: 1 },
      ],
      [
        call['history']!['erase']!({ sessionId, messageIds: ['x', ''] }),
        { field: 'messageIds.1', value: '' },
      ],
      [
        call['history']!['erase']!({ sessionId, messageIds: Array(201).fill('x') }),
        { field: 'messageIds', value: '201', limit: 200 },
      ],
      [call['sessions']!['fork']!({ sessionId }), { field: 'from' }],
      [
        call['sessions']!['fork']!({ sessionId, from: 'x', title: 'x'.repeat(201) }),
        { field: 'title', limit: 200 },
      ],
      [
        call['sessions']!['fork']!({ sessionId, from: 'x', owner: 'you' }),
        { field: 'owner', value: 'you' },
      ],
      [call['runs']!['interrupt']!({ sessionId, runId: ' ' }), { field: 'runId', value: ' ' }],
      [call.onChat({ sessionId, mode: { type: 'wrong' } }), { field: 'mode.type' }],
      [call.onChat({ sessionId, mode: { type: 'full' }, streamId: '' }), { field: 'streamId' }],
      [call.onChat({ sessionId, mode: { type: 'since' } }), { field: 'mode.cursor' }],
      [call['activity']!['subscribe']!({ since: 7 }), { field: 'since', value: '7' }],
      [call['server']!['stats']!({ x: 1 }), {}],
    ]
    await Promise.all(
      cases.map(([asked, data]) =>
        expect(asked).rejects.toMatchObject({ code: 'BAD_INPUT', status: 400, data }),
      ),
    )
  })

  test('that is too large says how large it may be', async () => {
    const { call, sessionId } = await open()
    await expect(
      call['messages']!['send']!({ sessionId, text: 'ü'.repeat(140_000) }),
    ).rejects.toMatchObject({
      code: 'TOO_LARGE',
      status: 413,
      data: { field: 'text', limit: 262_144, value: expect.stringMatching(/^ü{99}…$/) },
    })
    const parts = Array.from({ length: 1_001 }, () => ({ type: 'text', text: 'x' }))
    await expect(call['messages']!['send']!({ sessionId, parts })).rejects.toMatchObject({
      code: 'TOO_LARGE',
      data: { field: 'parts', limit: 1_000 },
    })
    await expect(
      call['messages']!['send']!({ sessionId, text: 'x'.repeat(1_100_000) }),
    ).rejects.toMatchObject({ code: 'TOO_LARGE', status: 413, defined: true })
    await expect(
      call['messages']!['edit']!({ sessionId, messageId: 'x', text: huge }),
    ).rejects.toMatchObject({ code: 'TOO_LARGE', data: { field: 'text', limit: 262_144 } })
  })

  test('never reaches the store', async () => {
    const { call, sessionId, store } = await open()
    const { events } = store.stats()
    await call['messages']!['send']!({ sessionId, text: huge }).catch(() => undefined)
    await call['messages']!['send']!({ sessionId }).catch(() => undefined)
    await call['messages']!['edit']!({ sessionId, messageId: 'x' }).catch(() => undefined)
    await call['history']!['truncate']!({ sessionId, after: 7 }).catch(() => undefined)
    await call['history']!['erase']!({ sessionId, messageIds: [] }).catch(() => undefined)
    expect(store.stats().events).toBe(events)
  })
})

describe('a caller', () => {
  test('without credentials is unauthorized, before anything else is checked', async () => {
    const { chat } = await openServer()
    const request = new Request('http://chat.test/rpc/sessions/get', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ json: { sessionId: 7 } }),
    })
    const response = await chat.fetch(request)
    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject({ json: { code: 'UNAUTHORIZED', defined: true } })
  })

  test('may do less if the host says so, and is not told why', async () => {
    const { client } = await openTestServer({
      can: ({ id }, action) => id === 'me' || action === 'sessions.create',
    })
    const { id: sessionId } = await client('you').sessions.create()
    await expect(client('you').sessions.get({ sessionId })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
    await expect(client('you').sessions.list()).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(await client().sessions.list()).toMatchObject({ sessions: [] })
  })

  test('reads the stats only with that permission', async () => {
    const { client } = await openTestServer({ stats: ({ id }) => id === 'root' })
    await expect(client().server.stats()).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(await client('root').server.stats()).toMatchObject({ runs: 0, chatStreams: 0 })
  })

  test('whose credentials cannot be checked gets an error without details', async () => {
    const { client, errors } = await openTestServer({
      principal: () => Promise.reject(new Error('ldap://secret')),
    })
    await expect(client().sessions.list()).rejects.toMatchObject({
      code: 'INTERNAL_SERVER_ERROR',
      status: 500,
      message: expect.not.stringContaining('secret'),
    })
    expect(errors).toMatchObject([{ where: 'sessions.list' }])
  })

  test('sends a limited number of prompts per minute', async () => {
    const { client } = await openTestServer({ limits: { sendsPerMinute: 2 } })
    const { id: sessionId } = await client().sessions.create()
    await client().messages.send({ sessionId, text: '1' })
    await client().messages.send({ sessionId, text: '2' })
    await expect(client().messages.send({ sessionId, text: '3' })).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      status: 429,
      data: { limit: 2, retryAfter: expect.any(Number) },
    })
    const other = await client('you').sessions.create()
    await client('you').messages.send({ sessionId: other.id, text: '1' })
  })
})
