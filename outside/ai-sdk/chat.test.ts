import { lastAssistantMessageIsCompleteWithApprovalResponses } from 'ai'
import { describe, expect, test } from 'vitest'

import { openDevice, openServer, idsOf, textsOf } from './devices.ts'

const delta = (text: string) => ({ type: 'text-delta', text }) as const
const answered = { finishReason: 'stop', isAbort: false, isError: false }

describe.each([
  { name: 'a chat that follows its session', follows: true },
  { name: 'a chat on the transport alone', follows: false },
])('$name', ({ follows }) => {
  test('shows the answer as it comes, under the ids of the session', async () => {
    const server = await openServer()
    const { chat, ends } = openDevice(server, { follows })
    void chat.sendMessage({ id: 'prompt', parts: [{ type: 'text', text: 'Hi' }] })
    expect(textsOf(chat)).toEqual(['Hi'])
    const run = await server.agent.run()
    await run.yields(delta('One '))
    await expect.poll(() => textsOf(chat)).toEqual(['Hi', 'One '])
    expect(chat.status).toBe('streaming')
    await run.yields(delta('two'))
    run.finish()
    await expect.poll(() => chat.status).toBe('ready')
    expect(textsOf(chat)).toEqual(['Hi', 'One two'])
    const { messages } = await server.store.window(server.sessionId)
    expect(idsOf(chat)).toEqual(messages.map(({ id }) => id))
    expect(idsOf(chat)[0]).toBe('prompt')
    expect(ends).toEqual([answered])
  })

  test.each(['broken', 'ended'] as const)(
    'does not take a stream that is %s for an answer that is complete',
    async (how) => {
      const server = await openServer()
      const { chat, cut, ends } = openDevice(server, { follows })
      void chat.sendMessage({ text: 'Hi' })
      const run = await server.agent.run()
      await run.yields(delta('One '))
      await expect.poll(() => textsOf(chat)).toEqual(['Hi', 'One '])
      cut(how)
      await run.yields(delta('two '))
      await expect.poll(() => textsOf(chat)).toEqual(['Hi', 'One two '])
      cut(how)
      await run.yields(delta('three'))
      expect({ status: chat.status, ends }).toEqual({ status: 'streaming', ends: [] })
      run.finish()
      await expect.poll(() => chat.status).toBe('ready')
      expect(textsOf(chat)).toEqual(['Hi', 'One two three'])
      expect(ends).toEqual([answered])
    },
  )

  test('that is opened anew in the middle of an answer shows it once, also if it resumes twice', async () => {
    const server = await openServer()
    const first = openDevice(server, { follows })
    void first.chat.sendMessage({ text: 'Hi' })
    const run = await server.agent.run()
    await run.yields(delta('One '))
    await expect.poll(() => textsOf(first.chat)).toEqual(['Hi', 'One '])
    const { messages } = first.chat
    first.leave()
    const { chat, ends } = openDevice(server, { follows, messages })
    void chat.resumeStream()
    void chat.resumeStream()
    await expect.poll(() => chat.status).toBe('streaming')
    await run.yields(delta('two'))
    await expect.poll(() => textsOf(chat)).toEqual(['Hi', 'One two'])
    run.finish()
    await expect.poll(() => chat.status).toBe('ready')
    expect(textsOf(chat)).toEqual(['Hi', 'One two'])
    expect(new Set(idsOf(chat)).size).toBe(2)
    expect(ends.at(-1)).toEqual(answered)
    await chat.resumeStream()
    expect({ status: chat.status, texts: textsOf(chat) }).toEqual({
      status: 'ready',
      texts: ['Hi', 'One two'],
    })
  })

  test('disconnects when it is stopped, and the answer goes on until it is interrupted', async () => {
    const server = await openServer()
    const { client, chat, ends } = openDevice(server, { follows: false })
    void chat.sendMessage({ text: 'Hi' })
    const run = await server.agent.run()
    await run.yields(delta('One '))
    await expect.poll(() => textsOf(chat)).toEqual(['Hi', 'One '])
    await chat.stop()
    expect(chat.status).toBe('ready')
    await run.yields(delta('two'))
    expect(run.context.signal.aborted).toBe(false)
    void chat.resumeStream()
    await expect.poll(() => textsOf(chat)).toEqual(['Hi', 'One two'])
    await client.session(server.sessionId).interrupt()
    await expect.poll(() => chat.status).toBe('ready')
    expect(run.context.signal.aborted).toBe(true)
    expect(ends.at(-1)).toEqual({ ...answered, finishReason: 'interrupted' })
    expect(chat.messages.at(-1)?.parts.at(-1)).toMatchObject({ type: 'data-notice' })
  })

  test('answers a prompt again in the middle of an answer, and shows one answer', async () => {
    const server = await openServer()
    const { chat } = openDevice(server, { follows })
    void chat.sendMessage({ text: 'Hi' })
    const first = await server.agent.run()
    await first.yields(delta('Old'))
    await expect.poll(() => textsOf(chat)).toEqual(['Hi', 'Old'])
    void chat.regenerate()
    expect(textsOf(chat)[1]).not.toBe('New')
    const second = await server.agent.run()
    expect(first.context.signal.aborted).toBe(true)
    await second.yields(delta('New'))
    await expect.poll(() => textsOf(chat)).toEqual(['Hi', 'New'])
    second.finish()
    await expect.poll(() => chat.status).toBe('ready')
    expect(textsOf(chat)).toEqual(['Hi', 'New'])
    const { messages } = await server.store.window(server.sessionId)
    expect(idsOf(chat)).toEqual(messages.map(({ id }) => id))
    expect(messages[1]?.version).toEqual({ index: 2, count: 2 })
  })

  test('sends another prompt in place of one, also twice', async () => {
    const server = await openServer()
    const { chat } = openDevice(server, { follows })
    void chat.sendMessage({ text: 'Hi' })
    const first = await server.agent.run()
    await first.yields(delta('Old'))
    first.finish()
    await expect.poll(() => chat.status).toBe('ready')
    for (const text of ['Hello', 'Good day']) {
      void chat.sendMessage({ text, messageId: chat.messages[0]!.id })
      const run = await server.agent.run()
      await run.yields(delta(`To ${text}`))
      run.finish()
      await expect.poll(() => textsOf(chat)).toEqual([text, `To ${text}`])
      await expect.poll(() => chat.status).toBe('ready')
    }
    const { messages } = await server.store.window(server.sessionId)
    expect(textsOf({ messages })).toEqual(['Good day', 'To Good day'])
    expect(messages[0]?.version).toEqual({ index: 3, count: 3 })
  })

  test('sends two prompts at once, which are answered one after the other', async () => {
    const server = await openServer()
    const { chat } = openDevice(server, { follows })
    void chat.sendMessage({ text: 'First' })
    void chat.sendMessage({ text: 'Second' })
    const first = await server.agent.run()
    await first.yields(delta('One'))
    await expect.poll(() => textsOf(chat)).toContain('One')
    first.finish()
    const second = await server.agent.run()
    await second.yields(delta('Two'))
    await expect.poll(() => textsOf(chat)).toContain('Two')
    second.finish()
    await expect.poll(() => chat.status).toBe('ready')
    expect([...textsOf(chat)].sort()).toEqual(['First', 'One', 'Second', 'Two'])
    if (follows) expect(textsOf(chat)).toEqual(['First', 'One', 'Second', 'Two'])
    expect(new Set(idsOf(chat)).size).toBe(4)
  })

  test('goes on after an approval that was given after a reload', async () => {
    const server = await openServer()
    const sendAutomaticallyWhen = lastAssistantMessageIsCompleteWithApprovalResponses
    const first = openDevice(server, { follows })
    void first.chat.sendMessage({ text: 'Remove it' })
    const asking = await server.agent.run()
    const toolCall = { toolCallId: 'call', toolName: 'remove', input: { path: 'a' } }
    await asking.yields(delta('I ask. '), { type: 'text-end' }, { type: 'tool-call', ...toolCall })
    await asking.yields({ type: 'tool-approval-request', approvalId: 'ask', toolCall })
    asking.finish()
    await expect.poll(() => first.chat.status).toBe('ready')
    const { messages } = first.chat
    first.leave()
    const { chat, calls } = openDevice(server, { follows, messages, sendAutomaticallyWhen })
    if (!follows) await chat.resumeStream()
    await expect
      .poll(() => chat.messages.at(-1)?.parts.at(-1))
      .toMatchObject({ state: 'approval-requested' })
    await chat.addToolApprovalResponse({ id: 'ask', approved: true })
    const going = await server.agent.run()
    await going.yields({ type: 'tool-result', ...toolCall, output: 'gone' }, delta('Done.'))
    going.finish()
    await expect.poll(() => textsOf(chat).at(-1)).toBe('I ask. Done.')
    await expect.poll(() => chat.status).toBe('ready')
    const stored = (await server.store.window(server.sessionId)).messages
    expect(idsOf(chat)).toEqual(stored.map(({ id }) => id))
    expect(chat.messages.at(-1)?.parts).toMatchObject(stored.at(-1)!.parts)
    expect(calls).toEqual([])
  })

  test('makes a call that waited over a reload once, and no call that is over', async () => {
    const server = await openServer()
    const first = openDevice(server, { follows })
    void first.chat.sendMessage({ text: 'Where?' })
    const asking = await server.agent.run()
    const over = { toolCallId: 'over', toolName: 'read', input: {} }
    await asking.yields({ type: 'tool-call', ...over }, { type: 'tool-result', ...over, output: 1 })
    await asking.yields({ type: 'tool-call', toolCallId: 'here', toolName: 'locate', input: {} })
    asking.finish()
    await expect.poll(() => first.chat.status).toBe('ready')
    await expect.poll(() => first.calls).toContain('here')
    first.leave()
    const device = openDevice(server, {
      follows,
      messages: first.chat.messages,
      sendAutomaticallyWhen: ({ messages }) =>
        messages
          .at(-1)
          ?.parts.every(
            (part) =>
              !('state' in part) || part.state === 'output-available' || part.state === 'done',
          ) ?? false,
    })
    const { chat, calls } = device
    if (!follows) await chat.resumeStream()
    await expect.poll(() => calls).toEqual(['here'])
    await expect.poll(() => chat.status).toBe('ready')
    await chat.addToolOutput({ tool: 'locate', toolCallId: 'here', output: 'Here' })
    const going = await server.agent.run()
    expect(going.context.messages.at(-1)?.parts.at(-1)).toMatchObject({ output: 'Here' })
    await going.yields(delta('There.'))
    going.finish()
    await expect.poll(() => textsOf(chat).at(-1)).toBe('There.')
    await expect.poll(() => chat.status).toBe('ready')
    expect(calls).toEqual(['here'])
    expect(new Set(idsOf(chat)).size).toBe(2)
  })

  test('that is opened anew between two steps shows both', async () => {
    const server = await openServer()
    const first = openDevice(server, { follows })
    void first.chat.sendMessage({ text: 'Hi' })
    const run = await server.agent.run()
    const call = { toolCallId: 'call', toolName: 'read', input: {} }
    await run.yields({ type: 'start-step' }, delta('I look. '))
    await run.yields({ type: 'tool-call', ...call }, { type: 'tool-result', ...call, output: 1 })
    await expect
      .poll(() => first.chat.messages.at(-1)?.parts.at(-1))
      .toMatchObject({ state: 'output-available' })
    const { messages } = first.chat
    first.leave()
    const { chat, calls } = openDevice(server, { follows, messages })
    if (!follows) void chat.resumeStream()
    await expect.poll(() => chat.status).toBe('streaming')
    await run.yields({ type: 'finish-step' } as never, { type: 'start-step' }, delta('It is 1.'))
    run.finish()
    await expect.poll(() => chat.status).toBe('ready')
    const stored = (await server.store.window(server.sessionId)).messages
    expect(chat.messages.at(-1)?.parts).toMatchObject(stored.at(-1)!.parts)
    expect(new Set(idsOf(chat)).size).toBe(2)
    expect(calls).toEqual([])
  })

  test('goes on with an answer after a token that expired was renewed', async () => {
    const server = await openServer()
    let token = server.token
    const { chat, cut, client, errors } = openDevice(server, { follows, token: () => token })
    void chat.sendMessage({ text: 'Hi' })
    const run = await server.agent.run()
    await run.yields(delta('One '))
    await expect.poll(() => textsOf(chat)).toEqual(['Hi', 'One '])
    server.token = 'second'
    cut('broken')
    await expect.poll(() => chat.status).toBe('error')
    expect(errors).toMatchObject([{ code: 'UNAUTHORIZED' }])
    expect(textsOf(chat)).toEqual(['Hi', 'One '])
    await run.yields(delta('two'))
    token = 'second'
    if (follows) client.session(server.sessionId).reconnect()
    else void chat.resumeStream()
    await expect.poll(() => textsOf(chat)).toEqual(['Hi', 'One two'])
    expect(chat.status).toBe('streaming')
    run.finish()
    await expect.poll(() => chat.status).toBe('ready')
  })

  test('keeps a prompt that was refused, and sends it again as `regenerate`', async () => {
    const server = await openServer()
    let token = 'wrong'
    const { chat, errors } = openDevice(server, { follows, token: () => token })
    await chat.sendMessage({ text: 'Hi' })
    expect(chat.status).toBe('error')
    expect(errors).toMatchObject([{ code: 'UNAUTHORIZED' }])
    expect(textsOf(chat)).toEqual(['Hi'])
    if (follows) {
      await expect.poll(() => chat.messages[0]?.metadata?.prompt?.state).toBe('failed')
    }
    token = server.token
    void chat.regenerate()
    const run = await server.agent.run()
    await run.yields(delta('Hello'))
    run.finish()
    await expect.poll(() => textsOf(chat)).toEqual(['Hi', 'Hello'])
    await expect.poll(() => chat.status).toBe('ready')
  })

  test('gets data of the moment, and data that stays in place', async () => {
    const server = await openServer()
    const { chat, data } = openDevice(server, { follows })
    void chat.sendMessage({ text: 'Hi' })
    const run = await server.agent.run()
    await run.yields(delta('One '), { type: 'data-progress', id: 'p', data: 1 })
    await expect.poll(() => chat.messages.at(-1)?.parts.at(-1)).toMatchObject({ data: 1 })
    run.context.emit('thinking', { about: 'it' })
    await run.yields({ type: 'data-progress', id: 'p', data: 2 })
    await run.yields({ type: 'data-mood', data: 'good', transient: true })
    await expect
      .poll(() => data)
      .toContainEqual({ type: 'data-mood', data: 'good', transient: true })
    run.finish()
    await expect.poll(() => chat.status).toBe('ready')
    expect(data).toContainEqual({ type: 'data-thinking', data: { about: 'it' }, transient: true })
    expect(
      chat.messages.at(-1)?.parts.filter(({ type }) => type.startsWith('data-')),
    ).toMatchObject([{ type: 'data-progress', id: 'p', data: 2 }])
  })

  test('tells why an answer failed', async () => {
    const server = await openServer()
    const { chat } = openDevice(server, { follows })
    void chat.sendMessage({ text: 'Hi' })
    const run = await server.agent.run()
    await run.yields(delta('One '))
    run.fail(new Error('a secret'))
    await expect.poll(() => chat.status).toBe('error')
    expect(chat.error?.message).toBe('The assistant ran into an error.')
    expect(textsOf(chat)).toEqual(['Hi', 'One '])
  })
})
