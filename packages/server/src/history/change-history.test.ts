import { describe, expect, test } from 'vitest'

import { openTestServer, type TestServerOptions } from '../../tests/support/open-test-server.ts'
import { ScriptedAgent, type ScriptedRun } from '../../tests/support/scripted-agent.ts'
import { Access } from '../access/access.ts'
import { CallLimit } from '../access/call-limit.ts'
import { ChangeHistory } from './change-history.ts'

/** A session with one finished turn. */
async function openSession(options: TestServerOptions = {}) {
  const scripted = new ScriptedAgent()
  const server = await openTestServer({
    agent: scripted.agent,
    // So long that no check of the queues starts a run that should have been started before.
    lease: 1e9,
    ...options,
  })
  const client = server.client()
  const { id: sessionId } = await client.sessions.create({ title: 'Test' })
  const send = (text: string, messageId = text) =>
    client.messages.send({ sessionId, text, messageId })
  const head = async () => (await server.store.head(sessionId)).head
  const shown = async () =>
    (await client.history.loadMore({ sessionId })).messages.map(({ id, role }) =>
      role === 'user' ? id : role,
    )
  const finish = async (run: ScriptedRun) => {
    run.say('Yes')
    run.finish()
    await expect.poll(async () => (await head()).run).toBeUndefined()
  }
  await send('first')
  await finish(await scripted.run())
  return { ...server, client, sessionId, scripted, send, head, shown, finish }
}

describe('an edit', () => {
  test('replaces the parts of a prompt, which keeps its place, author and times', async () => {
    const { client, sessionId, store } = await openSession()
    const before = await store.message(sessionId, 'first')
    const { seq } = await client.messages.edit({ sessionId, messageId: 'first', text: 'better' })
    expect(await store.message(sessionId, 'first')).toEqual({
      ...before,
      parts: [{ type: 'text', text: 'better' }],
      revision: seq,
    })
    const file = { type: 'file' as const, mediaType: 'image/png', url: 'data:image/png;base64,' }
    await client.messages.edit({ sessionId, messageId: 'first', parts: [file] })
    expect(await store.message(sessionId, 'first')).toMatchObject({
      parts: [file],
      metadata: { author: 'me' },
    })
  })

  test('by the owner gives an answer other parts, and the model sees them', async () => {
    const { client, sessionId, store, send, scripted } = await openSession()
    const { messages } = await client.history.loadMore({ sessionId })
    const answer = messages.at(-1)!
    await client.messages.edit({ sessionId, messageId: answer.id, text: 'No' })
    expect(await store.message(sessionId, answer.id)).toMatchObject({
      role: 'assistant',
      parts: [{ type: 'text', text: 'No' }],
      metadata: answer.metadata,
    })
    await send('second')
    const { context } = await scripted.run()
    const texts = context.messages.map(({ parts }) => parts)
    expect(texts).toMatchObject([[{ text: 'first' }], [{ text: 'No' }], [{ text: 'second' }]])
  })

  test('has the limits of a prompt', async () => {
    const { client, sessionId, store } = await openSession({ limits: { promptBytes: 10 } })
    const before = await store.message(sessionId, 'first')
    const edit = (content: { text: string } | { parts: { type: 'text'; text: string }[] }) =>
      client.messages.edit({ sessionId, messageId: 'first', ...content })
    await expect(edit({ text: ' ' })).rejects.toMatchObject({
      code: 'BAD_INPUT',
      data: { field: 'text' },
    })
    await expect(edit({ text: 'much too long' })).rejects.toMatchObject({
      code: 'TOO_LARGE',
      data: { field: 'text', limit: 10 },
    })
    await expect(edit({ parts: [{ type: 'text', text: '' }] })).rejects.toMatchObject({
      code: 'BAD_INPUT',
      data: { field: 'parts' },
    })
    expect(await store.message(sessionId, 'first')).toEqual(before)
  })
})

describe('an undo', () => {
  test('hides one turn after the other, and a redo shows it again', async () => {
    const { client, sessionId, send, scripted, finish, shown } = await openSession()
    await send('second')
    await finish(await scripted.run())
    const { seq } = await client.history.undo({ sessionId })
    expect(await client.history.undo({ sessionId })).toEqual({
      seq: seq + 1,
      canUndo: false,
      canRedo: true,
    })
    expect(await shown()).toEqual([])
    await expect(client.history.undo({ sessionId })).rejects.toMatchObject({
      code: 'CONFLICT',
      data: { reason: 'nothing-to-undo' },
    })
    expect(await client.history.redo({ sessionId })).toMatchObject({ canUndo: true, canRedo: true })
    expect(await client.history.redo({ sessionId })).toMatchObject({ canRedo: false })
    expect(await shown()).toEqual(['first', 'assistant', 'second', 'assistant'])
    await expect(client.history.redo({ sessionId })).rejects.toMatchObject({
      code: 'CONFLICT',
      data: { reason: 'nothing-to-redo' },
    })
  })

  test('during a run stops it, and hides its turn', async () => {
    const { client, sessionId, send, scripted, head, shown } = await openSession()
    await send('second')
    const { context, say } = await scripted.run()
    say('Half an answer')
    expect(await client.history.undo({ sessionId })).toMatchObject({ canRedo: true })
    expect(context.signal.aborted).toBe(true)
    expect((await head()).run).toBeUndefined()
    expect(await shown()).toEqual(['first', 'assistant'])
    await client.history.redo({ sessionId })
    const { messages } = await client.history.loadMore({ sessionId })
    expect(messages.at(-1)).toMatchObject({ metadata: { finishReason: 'interrupted' } })
  })

  test('does not stop a compaction if there is no turn to undo', async () => {
    const summarising = Promise.withResolvers<AbortSignal>()
    const { client, sessionId, head } = await openSession({
      summarise: ({ signal }) => {
        summarising.resolve(signal)
        return new Promise(() => {})
      },
    })
    await client.messages.delete({ sessionId, messageId: 'first' })
    const { runId } = await client.history.compact({ sessionId })
    const signal = await summarising.promise
    await expect(client.history.undo({ sessionId })).rejects.toMatchObject({
      code: 'CONFLICT',
      data: { reason: 'run-active' },
    })
    expect([signal.aborted, (await head()).run?.id]).toEqual([false, runId])
  })

  test('stops one run only: a prompt that waited is answered', async () => {
    const { client, sessionId, send, scripted, head } = await openSession()
    await send('second')
    const stopped = await scripted.run()
    const { runId } = await send('third')
    const reason = await client.history.undo({ sessionId }).then(
      () => 'undone before the next run started',
      (error: { data: { reason: string } }) => error.data.reason,
    )
    expect(['undone before the next run started', 'run-active']).toContain(reason)
    const next = await scripted.run()
    expect([stopped.context.signal.aborted, next.context.signal.aborted]).toEqual([true, false])
    expect([next.context.runId, (await head()).run?.id]).toEqual([runId, runId])
  })
})

test('an undo or a truncation is refused if the next prompt starts after the interruption', async () => {
  for (const change of ['undo', 'truncate'] as const) {
    const { client, sessionId, send, scripted, chat } = await openSession()
    const { settings } = chat
    const interruptions: (string | undefined)[] = []
    const runs = {
      async interrupt(id: string, runId?: string) {
        interruptions.push(runId)
        await client.runs.interrupt({ sessionId: id, ...(runId !== undefined && { runId }) })
        started = await scripted.run()
        return true
      },
    }
    const history = new ChangeHistory(settings, {
      access: new Access(settings),
      runs,
      rate: new CallLimit('changesPerMinute', settings),
    })
    const second = await send('second')
    let started = await scripted.run()
    const third = await send('third')
    const session = await client.sessions.get({ sessionId })
    const me = { id: 'me' }
    await expect(
      change === 'undo' ? history.undo(session, me) : history.truncate(session, undefined, me),
    ).rejects.toMatchObject({ code: 'CONFLICT', data: { reason: 'run-active' } })
    expect(interruptions).toEqual([second.runId])
    expect([started.context.runId, started.context.signal.aborted]).toEqual([third.runId, false])
  }
})

describe('a truncation', () => {
  test('removes what comes after a message, or the whole epoch, for good', async () => {
    const { client, sessionId, send, scripted, finish, shown } = await openSession()
    await send('second')
    await finish(await scripted.run())
    const after = { sessionId, after: 'second' }
    expect(await client.history.truncate(after)).toMatchObject({ canUndo: true, canRedo: false })
    expect(await shown()).toEqual(['first', 'assistant', 'second'])
    expect(await client.history.truncate({ sessionId })).toMatchObject({ canUndo: false })
    expect(await shown()).toEqual([])
  })

  test('during a run stops it', async () => {
    const { client, sessionId, send, scripted, shown } = await openSession()
    await send('second')
    const { context } = await scripted.run()
    await client.history.truncate({ sessionId, after: 'first' })
    expect(context.signal.aborted).toBe(true)
    expect(await shown()).toEqual(['first'])
  })

  test('after a message that is not there stops no run', async () => {
    const { client, sessionId, send, scripted, head } = await openSession()
    const { runId } = await send('second')
    const { context } = await scripted.run()
    for (const after of ['none', runId]) {
      await expect(client.history.truncate({ sessionId, after })).rejects.toMatchObject({
        code: 'CONFLICT',
        data: { reason: 'run-active' },
      })
    }
    expect(context.signal.aborted).toBe(false)
    expect((await head()).run?.id).toBe(runId)
  })
})

test('during a run an edit, a deletion, a redo and an erasure are refused, and the run goes on', async () => {
  const { client, sessionId, send, scripted, store, finish } = await openSession()
  await send('second')
  const run = await scripted.run()
  const { head } = await store.head(sessionId)
  for (const refused of [
    client.messages.edit({ sessionId, messageId: 'first', text: 'Hello' }),
    client.messages.delete({ sessionId, messageId: 'first' }),
    client.history.redo({ sessionId }),
    client.history.erase({ sessionId, messageIds: ['first'] }),
  ]) {
    await expect(refused).rejects.toMatchObject({
      code: 'CONFLICT',
      data: { reason: 'run-active' },
    })
  }
  expect((await store.head(sessionId)).head).toEqual(head)
  await finish(run)
})

describe('an erasure', () => {
  test('leaves nothing of a message in history, journal and search', async () => {
    const { client, sessionId, store, shown } = await openSession()
    const answer = await client.history.erase({ sessionId, messageIds: ['first'] })
    expect(answer).toMatchObject({ canUndo: false, canRedo: false })
    expect(await shown()).toEqual(['assistant'])
    const { events } = await store.events(sessionId, 0, { bytes: 1e9 })
    expect(JSON.stringify(events)).not.toContain('"text":"first"')
    expect(await store.history.search({ text: 'first', in: { sessionId } })).toEqual([])
  })

  test('of more messages than a page has is refused, and none of several if one is unknown', async () => {
    const { client, sessionId, shown } = await openSession({ limits: { pageMost: 50 } })
    const erase = (messageIds: string[]) => client.history.erase({ sessionId, messageIds })
    await expect(erase(Array.from({ length: 51 }, () => 'first'))).rejects.toMatchObject({
      code: 'BAD_INPUT',
      data: { field: 'messageIds', value: '51', limit: 50 },
    })
    await expect(erase(['first', 'none'])).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(await shown()).toEqual(['first', 'assistant'])
  })
})

describe('a fork', () => {
  test("is the caller's own session up to a message", async () => {
    const { client, store, sessionId, send, scripted, finish } = await openSession()
    await send('second')
    await finish(await scripted.run())
    const forked = await client.sessions.fork({ sessionId, from: 'second', title: 'Other way' })
    const { session, moved } = forked
    expect([session, moved]).toEqual([await client.sessions.get({ sessionId: session.id }), false])
    expect(session).toMatchObject({ title: 'Other way', owner: 'me' })
    const { messages } = await client.history.loadMore({ sessionId: session.id })
    expect(messages.map(({ order }) => order)).toEqual([1, 2, 3])
    expect((await store.sessions.list('me')).sessions).toHaveLength(2)
  })

  test("of another's session has the caller as its owner and only member", async () => {
    const { client, store } = await openTestServer()
    const { id: sessionId } = await store.sessions.create({ owner: 'me', members: ['you'] })
    await client('me').messages.send({ sessionId, text: 'Hi', messageId: 'm' })
    const { session } = await client('you').sessions.fork({ sessionId, from: 'm' })
    expect(session).toMatchObject({ owner: 'you', title: 'Hi' })
    await expect(client('me').sessions.get({ sessionId: session.id })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
    await expect(client('you').sessions.fork({ sessionId, from: 'none' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      data: { field: 'messageId', value: 'none' },
    })
  })

  test('counts as a session that was created', async () => {
    const { client, sessionId } = await openSession({ limits: { createsPerMinute: 2 } })
    await client.sessions.fork({ sessionId, from: 'first' })
    await expect(client.sessions.fork({ sessionId, from: 'first' })).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      data: { limit: 2 },
    })
  })
})

test('one principal makes a limited number of changes per minute, over all sessions', async () => {
  const { client, store } = await openTestServer({ limits: { changesPerMinute: 6 } })
  const { id: sessionId } = await store.sessions.create({ owner: 'me', members: ['you'] })
  const { history, messages } = client('me')
  const attempts = [
    () => history.undo({ sessionId }),
    () => history.redo({ sessionId }),
    () => history.truncate({ sessionId }),
    () => history.erase({ sessionId, messageIds: ['none'] }),
    () => messages.edit({ sessionId, messageId: 'none', text: 'x' }),
    () => messages.delete({ sessionId, messageId: 'none' }),
  ]
  const codes = async () => {
    const outcomes = []
    for (const attempt of attempts) {
      outcomes.push(
        await attempt().then(
          () => 'ok',
          (error: { code: string }) => error.code,
        ),
      )
    }
    return outcomes
  }
  const first = ['CONFLICT', 'CONFLICT', 'ok', 'NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND']
  expect(await codes()).toEqual(first)
  expect(await codes()).toEqual(attempts.map(() => 'LIMIT_EXCEEDED'))
  await expect(client('you').history.undo({ sessionId })).rejects.toMatchObject({
    data: { reason: 'nothing-to-undo' },
  })
})
