import { lastAssistantMessageIsCompleteWithApprovalResponses } from 'ai'
import { expect, test } from 'vitest'

import { idsOf, openDevice, openServer, textsOf } from './devices.ts'

const delta = (text: string) => ({ type: 'text-delta', text }) as const

test('a chat shows the turns of other devices as they are written', async () => {
  const server = await openServer()
  const { chat } = openDevice(server)
  const other = openDevice(server)
  void other.chat.sendMessage({ text: 'Hi' })
  const run = await server.agent.run()
  await run.yields(delta('One '))
  await expect.poll(() => textsOf(chat)).toEqual(['Hi', 'One '])
  await expect.poll(() => chat.status).toBe('streaming')
  await run.yields(delta('two'))
  await expect.poll(() => textsOf(chat)).toEqual(['Hi', 'One two'])
  run.finish()
  await expect.poll(() => [chat.status, other.chat.status]).toEqual(['ready', 'ready'])
  const { messages } = await server.store.window(server.sessionId)
  for (const each of [chat, other.chat]) {
    await expect.poll(() => each.messages).toEqual(messages)
  }
})

test('a chat shows older pages, and what was erased goes', async () => {
  const server = await openServer({ windowMessages: 2 })
  await server.store.reconcile(
    server.sessionId,
    ['a', 'b', 'c', 'd'].map((text) => ({
      id: text,
      role: 'user',
      parts: [{ type: 'text', text }],
    })),
  )
  const { chat, client } = openDevice(server)
  const session = client.session(server.sessionId)
  await expect.poll(() => textsOf(chat)).toEqual(['c', 'd'])
  void chat.sendMessage({ text: 'e' })
  const run = await server.agent.run()
  await run.yields(delta('One'))
  await expect.poll(() => textsOf(chat)).toEqual(['c', 'd', 'e', 'One'])
  await session.loadOlder()
  await expect.poll(() => textsOf(chat)).toEqual(['a', 'b', 'c', 'd', 'e', 'One'])
  await run.yields(delta(' two'))
  await expect.poll(() => textsOf(chat).at(-1)).toBe('One two')
  run.finish()
  await expect.poll(() => chat.status).toBe('ready')
  await session.history.erase(['b'])
  await expect.poll(() => textsOf(chat)).toEqual(['a', 'c', 'd', 'e', 'One two'])
})

test('a chat shows prompts that wait, and when they are taken back', async () => {
  const server = await openServer()
  const { chat } = openDevice(server)
  const other = openDevice(server)
  void other.chat.sendMessage({ text: 'First' })
  const run = await server.agent.run()
  await expect.poll(() => textsOf(chat)).toEqual(['First', ''])
  void chat.sendMessage({ text: 'Second' })
  const waiting = () =>
    other.chat.messages.flatMap(({ metadata }) =>
      metadata?.prompt?.state === 'waiting' ? metadata.prompt : [],
    )
  await expect.poll(waiting).toHaveLength(1)
  expect(textsOf(other.chat)).toEqual(['First', '', 'Second'])
  await other.client.session(server.sessionId).interrupt(waiting()[0]?.runId)
  await expect.poll(() => textsOf(chat)).toEqual(['First', ''])
  await run.yields(delta('One'))
  run.finish()
  await expect.poll(() => [chat.status, other.chat.status]).toEqual(['ready', 'ready'])
  expect(textsOf(chat)).toEqual(['First', 'One'])
})

test('a chat shows a prompt that steers, and the answer behind it', async () => {
  const server = await openServer()
  const { chat } = openDevice(server)
  void chat.sendMessage({ text: 'Hi' })
  const run = await server.agent.run()
  await run.yields(delta('One'))
  await expect.poll(() => textsOf(chat)).toEqual(['Hi', 'One'])
  void chat.sendMessage({ text: 'Shorter' }, { body: { whenBusy: 'steer' } })
  await expect.poll(() => chat.messages.at(-1)?.metadata?.prompt?.state).toBe('waiting')
  await run.context.steer()
  await run.yields(delta('Two'))
  await expect.poll(() => textsOf(chat)).toEqual(['Hi', 'One', 'Shorter', 'Two'])
  run.finish()
  await expect.poll(() => chat.status).toBe('ready')
  expect(textsOf(chat)).toEqual(['Hi', 'One', 'Shorter', 'Two'])
})

test('a chat keeps the answers to calls that it has not sent, and sends them together', async () => {
  const server = await openServer()
  const { chat, client } = openDevice(server, {
    sendAutomaticallyWhen: ({ messages }) =>
      lastAssistantMessageIsCompleteWithApprovalResponses({
        messages: messages.filter(({ metadata }) => !metadata?.prompt),
      }),
  })
  void chat.sendMessage({ text: 'Hi' })
  const run = await server.agent.run()
  for (const name of ['a', 'b']) {
    const toolCall = { toolCallId: name, toolName: 'remove', input: {} }
    await run.yields({ type: 'tool-call', ...toolCall })
    await run.yields({ type: 'tool-approval-request', approvalId: `ask-${name}`, toolCall })
  }
  run.finish()
  await expect.poll(() => chat.status).toBe('ready')
  const states = () => chat.messages.at(-1)!.parts.map((part) => 'state' in part && part.state)
  await expect.poll(states).toEqual(['approval-requested', 'approval-requested'])
  await chat.addToolApprovalResponse({ id: 'ask-a', approved: false, reason: 'No' })
  // Something else happens: another device sends a prompt, which waits.
  await openDevice(server).client.session(server.sessionId).send('Later')
  await expect.poll(() => textsOf(chat).at(-1)).toBe('Later')
  const answer = chat.messages.at(-2)!
  expect(answer.parts[0]).toMatchObject({ state: 'approval-responded' })
  await chat.addToolApprovalResponse({ id: 'ask-b', approved: true })
  const going = await server.agent.run()
  expect(going.context.messages.at(-1)?.parts).toMatchObject([
    { approval: { approved: false, reason: 'No' } },
    { approval: { approved: true } },
  ])
  going.finish()
  const next = await server.agent.run()
  next.finish()
  await expect.poll(() => client.session(server.sessionId).getSnapshot().run).toBe(undefined)
  await expect.poll(() => chat.status).toBe('ready')
})

const seeds = process.env['SEED'] ? [Number(process.env['SEED'])] : [1, Date.now() % 2 ** 31]

test.each(seeds)('chats agree with the session over a bad network (seed %i)', async (seed) => {
  const server = await openServer({ seed })
  const devices = [openDevice(server), openDevice(server)]
  const pieces = Array.from({ length: 40 }, (_, index) => `piece ${index} 😀 `)
  for (const [turn, { chat }] of devices.entries()) {
    void chat.sendMessage({ text: `Prompt ${turn}` })
    const run = await server.agent.run()
    for (const piece of pieces) {
      await run.yields(delta(piece))
      await new Promise((resolve) => setTimeout(resolve, 3))
    }
    run.finish()
  }
  server.calm()
  const { messages } = await server.store.window(server.sessionId)
  expect(textsOf({ messages })).toEqual(['Prompt 0', pieces.join(''), 'Prompt 1', pieces.join('')])
  for (const { chat } of devices) {
    await expect.poll(() => textsOf(chat)).toEqual(textsOf({ messages }))
    expect(idsOf(chat)).toEqual(idsOf({ messages }))
    await expect.poll(() => chat.status).toBe('ready')
  }
})
