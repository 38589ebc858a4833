import { describe, expect, test } from 'vitest'

import { interceptedStorage, type StorageHooks } from '../../tests/support/intercept-storage.ts'
import {
  openTestServer,
  testDatabase,
  type TestServerOptions,
} from '../../tests/support/open-test-server.ts'
import { ScriptedAgent, type ScriptedRun } from '../../tests/support/scripted-agent.ts'

/** A session with a finished turn: the prompt `first`, and its answer that says "One". */
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
  const shown = async () => {
    const { messages } = await client.history.loadMore({ sessionId })
    return messages.map(({ id, role, parts, version }) => {
      const [part] = parts
      const text = role === 'user' ? id : part?.type === 'text' ? part.text : ''
      return version ? `${text} ${version.index}/${version.count}` : text
    })
  }
  const finish = async (run: ScriptedRun, text: string) => {
    run.say(text)
    run.finish()
    await expect.poll(async () => (await head()).run?.id).not.toBe(run.context.runId)
  }
  await send('first')
  await finish(await scripted.run(), 'One')
  return { ...server, client, sessionId, scripted, send, head, shown, finish }
}

describe('a retry', () => {
  test('answers the last prompt again, and keeps the answer before as a version', async () => {
    const { client, sessionId, scripted, finish, shown, head, store } = await openSession()
    const { seq } = await head()
    const retried = await client.messages.retry({ sessionId, answerId: 'again' })
    expect(retried).toMatchObject({ messageId: 'first', answerId: 'again', queued: false })
    const run = await scripted.run()
    expect(run.context).toMatchObject({ runId: retried.runId, prompt: { id: 'first' } })
    expect(run.context.messages.map(({ id }) => id)).toEqual(['first'])
    await finish(run, 'Two')
    expect(await shown()).toEqual(['first', 'Two 2/2'])
    const { events } = await store.journal.list(sessionId, { after: seq, limit: 3 })
    expect(events.map(({ type, at }) => [type, at])).toEqual([
      ['history-truncated', events[0]?.at],
      ['run-started', events[0]?.at],
      ['message-created', events[0]?.at],
    ])
  })

  test('of an answer, or of its prompt, answers that prompt', async () => {
    const { client, sessionId, scripted, finish, shown, send } = await openSession()
    await send('second')
    await finish(await scripted.run(), 'Second')
    const { messages } = await client.history.loadMore({ sessionId })
    await client.messages.retry({ sessionId, messageId: messages[1]!.id })
    await finish(await scripted.run(), 'Two')
    expect(await shown()).toEqual(['first', 'Two 2/2'])
    await client.messages.retry({ sessionId, messageId: 'first' })
    await finish(await scripted.run(), 'Three')
    expect(await shown()).toEqual(['first', 'Three 3/3'])
    await client.messages.choose({ sessionId, messageId: messages[1]!.id })
    expect(await shown()).toEqual(['first', 'One 1/3', 'second', 'Second'])
  })

  test('asks for the model and the thinking level of the answer before, or for others', async () => {
    const { client, sessionId, scripted, finish } = await openSession()
    const asked = { model: 'large', thinkingLevel: 'high' }
    await client.messages.send({ sessionId, text: 'x', ...asked })
    await finish(await scripted.run(), 'x')
    await client.messages.retry({ sessionId })
    const again = await scripted.run()
    expect(again.context).toMatchObject(asked)
    await finish(again, 'y')
    await client.messages.retry({ sessionId, model: 'small' })
    expect((await scripted.run()).context).toMatchObject({ model: 'small', thinkingLevel: 'high' })
  })

  test('ends the answer that streams, keeps it, and comes before the prompts that wait', async () => {
    const { client, sessionId, scripted, finish, shown, send, head } = await openSession()
    await send('second')
    const running = await scripted.run()
    running.say('Sec')
    await send('third')
    const retried = await client.messages.retry({ sessionId })
    expect(retried).toMatchObject({ messageId: 'second', queued: false })
    expect(running.context.signal.aborted).toBe(true)
    const again = await scripted.run()
    expect(again.context.runId).toBe(retried.runId)
    expect((await head()).queue).toMatchObject([{ messageId: 'third' }])
    await finish(again, 'Second')
    await finish(await scripted.run(), 'Third')
    expect(await shown()).toEqual(['first', 'One', 'second', 'Second 2/2', 'third', 'Third'])
    const { versions } = await client.messages.versions({ sessionId, messageId: retried.answerId })
    expect(versions).toMatchObject([
      { index: 1, shown: false, count: 1, message: { metadata: { finishReason: 'interrupted' } } },
      { index: 2, shown: true, count: 3 },
    ])
  })

  test('repeated with its id is one retry: at once, while it runs, later, and when it is hidden', async () => {
    const { client, sessionId, scripted, finish, shown } = await openSession()
    const retry = () => client.messages.retry({ sessionId, answerId: 'again' })
    const [first, second] = await Promise.all([retry(), retry()])
    expect(second).toEqual(first)
    expect(await retry()).toEqual(first)
    await finish(await scripted.run(), 'Two')
    expect(await retry()).toEqual(first)
    expect(await shown()).toEqual(['first', 'Two 2/2'])
    await client.history.undo({ sessionId })
    await expect(retry()).rejects.toMatchObject({ code: 'CONFLICT' })
    await client.history.redo({ sessionId })
    expect(await shown()).toEqual(['first', 'Two 2/2'])
  })

  test('is refused without a prompt, of an older epoch, and with the id of another message', async () => {
    const { client, sessionId, scripted, head } = await openSession()
    const retry = (input: object) => client.messages.retry({ sessionId, ...input })
    await expect(retry({ answerId: 'first' })).rejects.toMatchObject({
      code: 'CONFLICT',
      data: { reason: 'message-id-reused', field: 'answerId' },
    })
    await expect(retry({ messageId: 'nobody' })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await client.history.reset({ sessionId })
    await expect(retry({})).rejects.toMatchObject({
      code: 'CONFLICT',
      data: { reason: 'nothing-to-retry' },
    })
    await expect(retry({ messageId: 'first' })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect((await head()).run).toBeUndefined()
    await client.messages.send({ sessionId, text: 'x' })
    await scripted.run()
    await expect(retry({ messageId: 'first' })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect((await head()).run, 'a refused retry ends no run').toBeDefined()
  })

  test('ends a run of another process, and runs here', async () => {
    const file = testDatabase()
    const { client, sessionId, send, scripted } = await openSession({ file })
    const there = new ScriptedAgent()
    const other = await openTestServer({ file, agent: there.agent, lease: 1e9 })
    await send('second')
    const running = await scripted.run()
    running.say('Sec')
    const retried = await other.client().messages.retry({ sessionId })
    expect(retried).toMatchObject({ messageId: 'second', queued: false })
    const again = await there.run()
    expect(again.context.runId).toBe(retried.runId)
    await expect(
      client.messages.retry({ sessionId, answerId: retried.answerId }),
    ).resolves.toMatchObject({ runId: retried.runId })
  })

  test('whose process stops between its two commits is done by another one, and once', async () => {
    const file = testDatabase()
    const hooks: StorageHooks = {}
    const storage = interceptedStorage(file, hooks)
    const { client, sessionId, send, scripted } = await openSession({ file, storage })
    await send('second')
    const running = await scripted.run()
    running.say('Sec')
    const waking = Promise.withResolvers<void>()
    const stopped = Promise.withResolvers<void>()
    hooks.commit = async (slices) => {
      const drafts = slices.flatMap((slice) => slice.drafts)
      if (!drafts.some(({ type }) => type === 'history-truncated')) return
      stopped.resolve()
      await waking.promise
    }
    const retrying = client.messages.retry({ sessionId, answerId: 'again' })
    await stopped.promise
    const there = new ScriptedAgent()
    const next = await openTestServer({ file, agent: there.agent })
    const again = await there.run()
    expect(again.context).toMatchObject({ prompt: { id: 'second' } })
    again.say('Second')
    again.finish()
    const answer = () => next.store.message(sessionId, 'again')
    await expect.poll(async () => (await answer())?.status).toBe('done')
    waking.resolve()
    await expect(retrying).resolves.toMatchObject({ runId: again.context.runId })
    expect(await answer()).toMatchObject({
      version: { index: 2, count: 2 },
      parts: [{ text: 'Second' }],
    })
  })
})

describe('a resend', () => {
  test('puts another prompt in the place of one, which stays as a version', async () => {
    const { client, sessionId, scripted, finish, shown, send } = await openSession()
    await send('second')
    await finish(await scripted.run(), 'Second')
    const sent = await client.messages.resend({
      sessionId,
      messageId: 'first',
      newMessageId: 'better',
      text: 'better',
    })
    expect(sent).toMatchObject({ messageId: 'better', queued: false })
    const run = await scripted.run()
    expect(run.context.messages.map(({ id }) => id)).toEqual(['better'])
    expect(run.context.principal).toEqual({ id: 'me' })
    await finish(run, 'Better')
    expect(await shown()).toEqual(['better 2/2', 'Better'])
    await client.messages.choose({ sessionId, messageId: 'first' })
    expect(await shown()).toEqual(['first 1/2', 'One', 'second', 'Second'])
  })

  test('repeated with its id is one resend, and with other words a conflict', async () => {
    const { client, sessionId, scripted, finish, shown } = await openSession()
    const resend = (text: string) =>
      client.messages.resend({ sessionId, messageId: 'first', newMessageId: 'better', text })
    const [first, second] = await Promise.all([resend('better'), resend('better')])
    expect(second).toEqual(first)
    await finish(await scripted.run(), 'Better')
    expect(await resend('better')).toEqual(first)
    await expect(resend('other')).rejects.toMatchObject({
      data: { reason: 'message-id-reused' },
    })
    expect(await shown()).toEqual(['better 2/2', 'Better'])
  })

  test('of an answer, of a hidden prompt and of another’s prompt is not found', async () => {
    const { client, sessionId, store, send, scripted, finish } = await openSession()
    const { messages } = await client.history.loadMore({ sessionId })
    const resend = (messageId: string, from = client) =>
      from.messages.resend({ sessionId, messageId, text: 'x' })
    await expect(resend(messages[1]!.id)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await send('second')
    await finish(await scripted.run(), 'Second')
    await client.history.undo({ sessionId })
    await expect(resend('second')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect((await store.head(sessionId)).head.run).toBeUndefined()
  })

  test('checks the content as that of a prompt', async () => {
    const { client, sessionId } = await openSession({ limits: { promptBytes: 10 } })
    const resend = (text: string) => client.messages.resend({ sessionId, messageId: 'first', text })
    await expect(resend(' ')).rejects.toMatchObject({ code: 'BAD_INPUT' })
    await expect(resend('x'.repeat(11))).rejects.toMatchObject({ code: 'TOO_LARGE' })
  })
})

describe('a prompt that interrupts', () => {
  test('ends the active run and comes before the prompts that wait', async () => {
    const { client, sessionId, scripted, finish, shown, send, head } = await openSession()
    await send('second')
    const running = await scripted.run()
    running.say('Sec')
    await send('third')
    const urgent = { sessionId, messageId: 'urgent', text: 'urgent' }
    const sent = await client.messages.send({ ...urgent, whenBusy: 'interrupt' })
    expect(sent).toMatchObject({ messageId: 'urgent', queued: false })
    expect((await head()).queue).toMatchObject([{ messageId: 'third' }])
    await finish(await scripted.run(), 'Now')
    await finish(await scripted.run(), 'Third')
    expect(await shown()).toEqual([
      'first',
      'One',
      'second',
      'Sec',
      'urgent',
      'Now',
      'third',
      'Third',
    ])
    expect(await client.messages.send({ ...urgent, whenBusy: 'interrupt' })).toEqual(sent)
  })

  test('starts at once in an idle session', async () => {
    const { client, sessionId, scripted } = await openSession()
    const sent = await client.messages.send({ sessionId, text: 'x', whenBusy: 'interrupt' })
    expect(sent.queued).toBe(false)
    expect((await scripted.run()).context.runId).toBe(sent.runId)
  })
})

describe('a choice', () => {
  test('is refused during a run, which goes on', async () => {
    const { client, sessionId, scripted, shown } = await openSession()
    const { messages } = await client.history.loadMore({ sessionId })
    await client.messages.retry({ sessionId })
    const run = await scripted.run()
    const choose = () => client.messages.choose({ sessionId, messageId: messages[1]!.id })
    await expect(choose()).rejects.toMatchObject({ data: { reason: 'run-active' } })
    expect(run.context.signal.aborted).toBe(false)
    run.say('Two')
    run.finish()
    await expect.poll(choose).toMatchObject({ canRedo: false })
    expect(await shown()).toEqual(['first', 'One 1/2'])
  })

  test('of what is shown changes nothing', async () => {
    const { client, sessionId, head } = await openSession()
    const { seq } = await head()
    const chosen = await client.messages.choose({ sessionId, messageId: 'first' })
    expect(chosen).toMatchObject({ seq, canUndo: true, canRedo: false })
    expect((await head()).seq).toBe(seq)
  })

  test('is what the model sees next', async () => {
    const { client, sessionId, scripted, finish, send } = await openSession()
    const { messages } = await client.history.loadMore({ sessionId })
    await client.messages.retry({ sessionId })
    await finish(await scripted.run(), 'Two')
    await client.messages.choose({ sessionId, messageId: messages[1]!.id })
    await send('next')
    const { context } = await scripted.run()
    expect(context.messages.map(({ parts }) => parts[0])).toMatchObject([
      { text: 'first' },
      { text: 'One' },
      { text: 'next' },
    ])
  })
})
