import type { Event } from '@caughtup/schema'
import { applyEvent, emptyView } from '@caughtup/schema/fold'
import { ManualClock, settle } from '@caughtup/schema/testing'
import { describe, expect, test } from 'vitest'

import { durableStreams, toOffset } from '../src/durable-streams.ts'
import { openTestServer, testDatabase, type TestServerOptions } from './support/open-test-server.ts'

interface Asked {
  as?: string
  id?: string
  method?: string
  body?: string | null
  headers?: Record<string, string>
}

/** A chat server with streams, and a session of Ann's in which Bob is a member. */
async function openStreams(options: TestServerOptions = {}) {
  const server = await openTestServer({
    mounts: [durableStreams({ path: '/streams' })],
    ...options,
  })
  const { chat, store } = server
  const { id: sessionId } = await store.sessions.create({ owner: 'ann', members: ['bob'] })
  const ask = (query = '', { as = 'ann', id = sessionId, ...init }: Asked = {}) => {
    const headers = { ...(as && { 'x-principal': as }), ...init.headers }
    return chat.fetch(new Request(`http://localhost/streams/${id}${query}`, { ...init, headers }))
  }
  const append = (text: string) =>
    store.append({
      sessionId,
      drafts: [
        { type: 'message-delta', messageId: 'answer', ops: [{ op: 'append', part: 0, text }] },
      ],
    })
  await store.append({
    sessionId,
    drafts: [
      {
        type: 'message-created',
        message: {
          id: 'answer',
          role: 'assistant',
          parts: [{ type: 'text', text: '' }],
          metadata: { createdAt: 1 },
          status: 'open',
        },
      },
    ],
  })
  return { ...server, sessionId, ask, append }
}

const offsetOf = (answer: Response) => answer.headers.get('stream-next-offset') ?? ''
const eventsOf = async (answer: Response) => (await answer.json()) as Event[]

/** Reads server-sent events one by one; `undefined` at the end. */
function reader({ body }: Response) {
  const chunks = body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  const next = async (): Promise<{ event: string; data: never } | undefined> => {
    const end = text.indexOf('\n\n')
    if (end < 0) {
      const chunk = await chunks?.read()
      if (chunk?.value === undefined) return undefined
      text += chunk.value
      return next()
    }
    const lines = text.slice(0, end).split('\n')
    text = text.slice(end + 2)
    if (lines[0] === ': ') return next()
    const [event, data] = lines.map((line) => line.replace(/^(event: |data:)/, ''))
    return { event: event ?? '', data: JSON.parse(data ?? '') as never }
  }
  return { next, cancel: () => chunks?.cancel() }
}

test('a journal is read page by page, in any cuts, and its fold is the session', async () => {
  const { ask, append, store, sessionId } = await openStreams({ limits: { pageBytes: 400 } })
  for (let n = 0; n < 30; n++) await append(`${n} `.repeat(40))
  const whole = await store.window(sessionId)
  for (const start of ['', '?offset=-1']) {
    let answer = await ask(start)
    let view = { ...emptyView, seq: 0 }
    let pages = 0
    let last = ''
    for (;;) {
      expect(answer.status).toBe(200)
      expect(offsetOf(answer) > last).toBe(true)
      last = offsetOf(answer)
      pages++
      for (const event of await eventsOf(answer)) {
        expect(event.from).toBe(view.seq + 1)
        view = applyEvent(view, event).view
      }
      if (answer.headers.get('stream-up-to-date') === 'true') break
      answer = await ask(`?offset=${last}`)
    }
    expect(pages).toBeGreaterThan(1)
    expect(view.messages).toEqual(whole.messages)
    expect(last).toBe(toOffset(whole.cursor))
    expect(await (await ask(`?offset=${last}`)).json()).toEqual([])
  }
})

test('HEAD and `now` name the tail, and nobody may store that', async () => {
  const { ask, append } = await openStreams()
  await append('one')
  const tail = offsetOf(await ask())
  const head = await ask('', { method: 'HEAD' })
  expect([head.status, await head.text(), offsetOf(head)]).toEqual([200, '', tail])
  const now = await ask('?offset=now')
  expect([now.status, await now.json(), offsetOf(now)]).toEqual([200, [], tail])
  for (const { headers } of [head, now]) {
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'application/json',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
    })
  }
})

test('an unchanged answer is not sent again, and an erased entry is one that changed', async () => {
  const { ask, store, sessionId } = await openStreams()
  const message = {
    id: 'prompt',
    role: 'user',
    parts: [{ type: 'text', text: 'secret' }],
    metadata: { createdAt: 1 },
    status: 'done',
  } as const
  await store.append({
    sessionId,
    drafts: [{ type: 'message-created', message: { ...message, parts: [...message.parts] } }],
  })
  const first = await ask()
  const etag = first.headers.get('etag') ?? ''
  expect(first.headers.get('cache-control')).toBe('private, no-cache')
  const again = (tag: string) => ask('', { headers: { 'if-none-match': tag } })
  for (const tag of [etag, `"other", W/${etag}`]) {
    const known = await again(tag)
    expect([known.status, await known.text()]).toEqual([304, ''])
    expect([offsetOf(known), known.headers.get('etag')]).toEqual([offsetOf(first), etag])
  }
  const other = await ask('', { as: 'carol', headers: { 'if-none-match': etag } })
  expect(other.status).toBe(404)
  await store.history.erase(sessionId, ['prompt'])
  const erased = await again(etag)
  expect(erased.status).toBe(200)
  expect(await erased.text()).not.toContain('secret')
})

describe('an offset', () => {
  test.each([
    ['?offset=', 'offset'],
    ['?offset=1&offset=2', 'offset'],
    ['?offset=7', 'offset'],
    ['?offset=9999999999999999.abc.', 'offset'],
    ['?live=sse', 'offset'],
    ['?live=long-poll', 'offset'],
    ['?offset=-1&live=true', 'live'],
  ])('that is none is refused: %s', async (query, field) => {
    const { ask } = await openStreams()
    const refused = await ask(query)
    expect([refused.status, await refused.json()]).toMatchObject([
      400,
      { code: 'BAD_INPUT', data: { field } },
    ])
  })

  test.each(['', '&live=long-poll', '&live=sse'])(
    'of another history, or removed, is gone%s',
    async (live) => {
      const { ask, append, store, sessionId } = await openStreams()
      await append('one')
      await append('two')
      const { cursor } = await store.window(sessionId)
      const old = toOffset({ journal: cursor.journal, seq: 0, tag: '' })
      await store.journal.delete(sessionId, 1)
      for (const [offset, reason] of [
        [toOffset({ ...cursor, journal: 'another' }), 'cursor-unknown'],
        [toOffset({ ...cursor, tag: 'other' }), 'cursor-unknown'],
        [toOffset({ ...cursor, seq: 999 }), 'cursor-ahead'],
        [old, 'cursor-expired'],
      ] as const) {
        const gone = await ask(`?offset=${offset}${live}`)
        expect([gone.status, await gone.json()]).toMatchObject([
          410,
          { code: 'GONE', data: { field: 'offset', reason } },
        ])
      }
      // The beginning is the oldest entry that is kept.
      const [first] = await eventsOf(await ask('?offset=-1'))
      expect(first?.from).toBe(2)
    },
  )

  test('is gone with the session, also if its id is used again', async () => {
    const { ask, append, store, sessionId } = await openStreams()
    await append('one')
    const offset = offsetOf(await ask())
    await store.sessions.delete(sessionId)
    expect((await ask(`?offset=${offset}`)).status).toBe(404)
    await store.sessions.create({ owner: 'ann', sessionId })
    expect((await ask(`?offset=${offset}`)).status).toBe(410)
  })
})

describe('a long-poll', () => {
  test('answers at once if there is something, and else as soon as there is', async () => {
    const { ask, append } = await openStreams()
    const first = await ask('?offset=-1&live=long-poll')
    expect([first.status, (await eventsOf(first)).length]).toEqual([200, 1])
    const waiting = ask(`?offset=${offsetOf(first)}&live=long-poll`)
    await append('one')
    const next = await waiting
    expect(await next.json()).toMatchObject([{ type: 'message-delta', from: 2, seq: 2 }])
    expect(Object.fromEntries(next.headers)).toMatchObject({
      'stream-up-to-date': 'true',
      'stream-cursor': expect.stringMatching(/^\d+$/),
      'cache-control': 'no-store',
    })
  })

  test('answers that there is nothing after 20 s of the store’s clock', async () => {
    const clock = new ManualClock()
    const { ask } = await openStreams({ clock })
    const tail = offsetOf(await ask())
    let isOver = false
    const waiting = ask(`?offset=${tail}&live=long-poll`).finally(() => (isOver = true))
    await settle()
    await clock.advance(19_999)
    expect(isOver).toBe(false)
    await clock.advance(1)
    const nothing = await waiting
    expect([nothing.status, await nothing.text(), offsetOf(nothing)]).toEqual([204, '', tail])
    expect(nothing.headers.get('stream-up-to-date')).toBe('true')
    const cursor = nothing.headers.get('stream-cursor')
    const after = await ask(`?offset=-1&live=long-poll&cursor=${cursor}`)
    expect(Number(after.headers.get('stream-cursor'))).toBe(Number(cursor) + 1)
  })

  test('of a caller that is removed ends as not found, and one that closing ends as unavailable', async () => {
    const { ask, chat, store, sessionId } = await openStreams()
    const wait = async (as: string) =>
      ask(`?offset=${offsetOf(await ask('', { as }))}&live=long-poll`, { as })
    const [bobs, anns] = [wait('bob'), wait('ann')]
    await settle()
    await store.sessions.removeMember(sessionId, 'bob')
    expect((await bobs).status).toBe(404)
    await chat.close()
    expect((await anns).status).toBe(503)
  })
})

describe('a stream of server-sent events', () => {
  test('has what there is, then what comes, and where each ends', async () => {
    const { ask, append } = await openStreams()
    const answer = await ask('?offset=-1&live=sse')
    expect(answer.headers.get('content-type')).toBe('text/event-stream')
    const { next, cancel } = reader(answer)
    expect(await next()).toMatchObject({ event: 'data', data: [{ seq: 1 }] })
    const caughtUp = await next()
    expect(caughtUp).toMatchObject({ event: 'control', data: { upToDate: true } })
    await append('one')
    expect(await next()).toMatchObject({ event: 'data', data: [{ from: 2, seq: 2 }] })
    const tail = offsetOf(await ask('', { method: 'HEAD' }))
    expect(await next()).toMatchObject({ data: { streamNextOffset: tail, upToDate: true } })
    await cancel()
    const later = reader(await ask(`?offset=${tail}&live=sse`))
    expect(await later.next()).toMatchObject({ event: 'control', data: { streamNextOffset: tail } })
    await later.cancel()
  })

  test('ends after a minute, and its client comes back', async () => {
    const clock = new ManualClock()
    const { ask } = await openStreams({ clock })
    const { next } = reader(await ask('?offset=now&live=sse'))
    expect(await next()).toMatchObject({ event: 'control' })
    const end = next()
    await clock.advance(60_000)
    expect(await end).toBeUndefined()
  })

  test.each(['removed', 'deleted', 'refused', 'closing'] as const)(
    'ends cleanly, and there is no other (%s)',
    async (how) => {
      const clock = new ManualClock()
      let may = true
      const { ask, append, chat, store, sessionId, errors } = await openStreams({
        clock,
        can: () => may,
      })
      const { next } = reader(await ask('?offset=now&live=sse', { as: 'bob' }))
      expect(await next()).toMatchObject({ event: 'control' })
      const end = next()
      if (how === 'removed') await store.sessions.removeMember(sessionId, 'bob')
      if (how === 'deleted') await store.sessions.delete(sessionId)
      if (how === 'closing') await chat.close()
      if (how === 'refused') {
        may = false
        await clock.advance(30_000)
      }
      if (how === 'removed' || how === 'refused') await append('for others')
      expect(await end).toBeUndefined()
      const again = await ask('?offset=-1&live=sse', { as: 'bob' })
      expect(again.status).toBe(how === 'closing' ? 503 : 404)
      expect(errors).toEqual([])
    },
  )

  test('counts among the open streams of its principal until it ends', async () => {
    const { ask, client } = await openStreams({ limits: { streamsPerPrincipal: 2 } })
    const open = () => ask('?offset=now&live=sse')
    const [first, second] = [reader(await open()), reader(await open())]
    expect([await first.next(), await second.next()]).toMatchObject([{}, {}])
    const refused = await open()
    expect([refused.status, await refused.json()]).toMatchObject([
      429,
      { code: 'LIMIT_EXCEEDED', data: { limit: 2 } },
    ])
    await expect(client('ann').activity.subscribe()).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    })
    expect((await ask('?offset=now&live=sse', { as: 'bob' })).status).toBe(200)
    await first.cancel()
    for (let n = 0; n < 5; n++) expect((await ask()).status).toBe(200)
    expect((await open()).status).toBe(200)
  })
})

describe('who may read', () => {
  test('is who may follow the session; for others there is no stream', async () => {
    const { ask } = await openStreams()
    for (const [as, status] of [
      ['ann', 200],
      ['bob', 200],
      ['carol', 404],
      ['', 401],
    ] as const) {
      for (const query of ['', '?offset=now', '?offset=-1&live=long-poll', '?offset=-1&live=sse']) {
        const answer = await ask(query, { as })
        expect([as, query, answer.status]).toEqual([as, query, status])
        await answer.body?.cancel()
      }
      expect([as, (await ask('', { as, method: 'HEAD' })).status]).toEqual([as, status])
    }
    expect((await ask('', { id: 'unknown' })).status).toBe(404)
  })

  test('only reads: every method that writes is refused', async () => {
    const { ask } = await openStreams()
    for (const method of ['PUT', 'POST', 'PATCH', 'DELETE']) {
      const refused = await ask('', { method, body: method === 'DELETE' ? null : '{}' })
      expect([method, refused.status, refused.headers.get('allow')]).toEqual([
        method,
        405,
        'GET, HEAD, OPTIONS',
      ])
    }
  })

  test('is no page of another origin; one of an allowed origin reads the headers', async () => {
    const friend = 'https://friend.example'
    const { ask } = await openStreams({ origins: [friend] })
    for (const method of ['GET', 'HEAD']) {
      const evil = await ask('', { method, headers: { origin: 'https://evil.example' } })
      expect([method, evil.status]).toEqual([method, 401])
    }
    const { headers } = await ask('', { headers: { origin: friend } })
    const exposed = headers.get('access-control-expose-headers')?.split(', ')
    expect(exposed).toEqual(['stream-next-offset', 'stream-up-to-date', 'stream-cursor', 'etag'])
    const preflight = await ask('', {
      method: 'OPTIONS',
      as: '',
      headers: {
        origin: friend,
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'if-none-match',
      },
    })
    expect(Object.fromEntries(preflight.headers)).toMatchObject({
      'access-control-allow-origin': friend,
      'access-control-allow-methods': 'GET, HEAD, OPTIONS',
      'access-control-allow-headers': 'if-none-match',
    })
  })
})

test('a database that an older copy replaced has another history', async () => {
  const file = testDatabase()
  const { ask, append, store, sessionId } = await openStreams({ file, closes: true })
  await append('before the backup')
  const backup = testDatabase()
  await store.backup(backup)
  await append('lost')
  const lost = offsetOf(await ask())
  const restored = await openTestServer({
    file: backup,
    mounts: [durableStreams({ path: '/streams' })],
  })
  await restored.store.append({
    sessionId,
    drafts: [
      { type: 'message-delta', messageId: 'answer', ops: [{ op: 'append', part: 0, text: 'new' }] },
    ],
  })
  const url = `http://localhost/streams/${sessionId}?offset=${lost}`
  const answer = await restored.chat.fetch(new Request(url, { headers: { 'x-principal': 'ann' } }))
  expect(answer.status).toBe(410)
  await store.close()
})
