import type { Message, Part } from '@caughtup/schema'
import { describe, expect, test } from 'vitest'

import { callOf, delta, end, says, serveModel } from '../../../tests/support/models/model-server.ts'
import { responseEvents } from '../../../tests/support/models/openai-events.ts'
import { openTestServer } from '../../../tests/support/open-test-server.ts'
import type { Agent } from '../../host/agent.ts'
import { fromChatCompletions } from './from-chat-completions.ts'
import { fromResponses } from './from-responses.ts'
import { toChatMessages } from './to-chat-messages.ts'
import { toResponsesInput } from './to-responses-input.ts'

type Ask = (path: string, body: object, signal: AbortSignal) => Promise<Response>

/** A server whose agent asks a model over HTTP, which gives these answers, one per request. */
async function openChat(answers: Iterable<unknown>[], agentOf: (ask: Ask) => Agent) {
  const model = await serveModel((_, number) => answers[number - 1] ?? [])
  const ask: Ask = (path, body, signal) =>
    fetch(`${model.baseURL}/${path}`, { method: 'POST', body: JSON.stringify(body), signal })
  const { client, store, errors } = await openTestServer({ agent: agentOf(ask) })
  const me = client()
  const { id: sessionId } = await me.sessions.create({ title: 'Test' })
  const status = async () => (await store.head(sessionId)).head.run?.status
  const over = async () => {
    await expect.poll(status).toBeUndefined()
    return (await store.window(sessionId)).messages.at(-1)!
  }
  const send = async (text: string) => {
    const { runId } = await me.messages.send({ sessionId, text })
    return { runId, over }
  }
  const waits = () => expect.poll(status).toBe('waiting')
  const bodies = () => model.requests.map(({ body }) => body)
  return { me, sessionId, send, waits, over, bodies, errors }
}

const chatAgent = (ask: Ask): Agent => {
  return ({ messages, signal }) =>
    fromChatCompletions(ask('chat/completions', { messages: toChatMessages(messages) }, signal))
}

describe('an agent on chat completions', () => {
  test('answers, waits for a client’s call, and sends the model all of it', async () => {
    const chat = await openChat(
      [
        [
          delta({ reasoning: 'Hm.' }),
          delta({ content: 'Where?' }),
          callOf('a', 'pick'),
          ...end('stop'),
        ],
        says('In Rome.'),
        says('Yes.'),
      ],
      chatAgent,
    )
    const { runId } = await chat.send('Look')
    await chat.waits()
    await chat.me.runs.respond({
      sessionId: chat.sessionId,
      runId,
      toolCallId: 'a',
      output: { place: 'Rome' },
    })
    expect(await chat.over()).toMatchObject({
      parts: [
        { type: 'step-start' },
        { type: 'reasoning', text: 'Hm.', state: 'done' },
        { type: 'text', text: 'Where?', state: 'done' },
        { type: 'dynamic-tool', state: 'output-available', output: { place: 'Rome' } },
        { type: 'step-start' },
        { type: 'text', text: 'In Rome.' },
      ],
      metadata: {
        finishReason: 'stop',
        usage: { inputTokens: 200, outputTokens: 20, cachedInputTokens: 80, reasoningTokens: 6 },
        contextUsage: { tokens: 110 },
      },
    })
    await (await chat.send('Sure?')).over()
    const call = { id: 'a', type: 'function', function: { name: 'pick', arguments: '{}' } }
    expect(chat.bodies()[2]?.messages).toEqual([
      { role: 'user', content: 'Look' },
      { role: 'assistant', content: 'Where?', tool_calls: [call] },
      { role: 'tool', tool_call_id: 'a', content: '{"place":"Rome"}' },
      { role: 'assistant', content: 'In Rome.' },
      { role: 'user', content: 'Sure?' },
    ])
    expect(chat.errors).toEqual([])
  })

  test('keeps what was said when the stream is cut, and the answer has an error', async () => {
    const chat = await openChat([[delta({ content: 'Half' })], says('Whole')], chatAgent)
    const { metadata, parts } = await (await chat.send('Hi')).over()
    expect(metadata).toMatchObject({ finishReason: 'error', error: { code: 'AGENT_FAILED' } })
    expect(parts).toMatchObject([{ type: 'step-start' }, { text: 'Half' }])
    expect(chat.errors).toMatchObject([{ error: { name: 'ProviderError', code: 'cut-off' } }])
    expect((await (await chat.send('Again')).over()).metadata.finishReason).toBe('stop')
  })
})

describe('an agent on Responses', () => {
  test('gives back encrypted reasoning with the calls and answers that followed it', async () => {
    const chat = await openChat(
      [
        responseEvents,
        [
          { type: 'response.created', response: {} },
          { type: 'response.output_text.delta', item_id: 'm', content_index: 0, delta: 'Done.' },
          { type: 'response.completed', response: {} },
        ],
      ],
      (ask) =>
        ({ messages, signal }) =>
          fromResponses(ask('responses', { input: toResponsesInput(messages) }, signal)),
    )
    const { runId } = await chat.send('Look')
    await chat.waits()
    for (const [toolCallId, output] of [
      ['a', 'one'],
      ['b', { two: 2 }],
    ] as const) {
      await chat.me.runs.respond({ sessionId: chat.sessionId, runId, toolCallId, output })
    }
    expect((await chat.over()).parts.at(-1)).toMatchObject({ text: 'Done.' })
    expect(chat.bodies()[1]?.['input']).toEqual([
      { role: 'user', content: [{ type: 'input_text', text: 'Look' }] },
      {
        type: 'reasoning',
        id: 'rs_1',
        summary: [
          { type: 'summary_text', text: 'First this.' },
          { type: 'summary_text', text: 'Then that.' },
        ],
        encrypted_content: 'secret',
      },
      { role: 'assistant', content: 'Grüße, 世界 👋' },
      { type: 'function_call', call_id: 'a', name: 'a', arguments: '{"at":1}' },
      { type: 'function_call', call_id: 'b', name: 'b', arguments: '{"at":1}' },
      { type: 'function_call_output', call_id: 'a', output: 'one' },
      { type: 'function_call_output', call_id: 'b', output: '{"two":2}' },
    ])
    expect(chat.errors).toEqual([])
  })
})

const message = (role: Message['role'], ...parts: Part[]): Message => ({
  id: 'm',
  order: 1,
  role,
  parts,
  metadata: { createdAt: 1 },
  revision: 1,
  epoch: 1,
  status: 'done',
})
const call = { type: 'dynamic-tool', toolName: 'look', input: { at: 1 } } as const
const approval = { id: 'p', approved: false, reason: 'Not now.' } as const
const said: Message[] = [
  message('system', { type: 'text', text: 'They spoke.' }),
  message(
    'user',
    { type: 'text', text: 'See' },
    { type: 'file', mediaType: 'image/png', url: 'https://x.example/a.png' },
    { type: 'file', mediaType: 'application/pdf', url: 'data:application/pdf;base64,AA==' },
    {
      type: 'file',
      mediaType: 'audio/mpeg',
      filename: 'a.mp3',
      url: 'data:audio/mpeg;base64,AA==',
    },
    { type: 'file', mediaType: 'application/pdf', url: 'https://x.example/a.pdf' },
  ),
  message(
    'assistant',
    { type: 'step-start' },
    {
      type: 'reasoning',
      text: 'Hm',
      providerMetadata: { openai: { itemId: 'rs', reasoningEncryptedContent: 's' } },
    },
    { ...call, toolCallId: 'a', state: 'output-error', errorText: 'It broke.' },
    { ...call, toolCallId: 'w', state: 'output-available', output: 1, providerExecuted: true },
    { type: 'step-start' },
    { ...call, toolCallId: 'b', state: 'output-denied', approval },
    {
      ...call,
      toolCallId: 'c',
      state: 'approval-responded',
      approval: { id: 'q', approved: true },
    },
    { type: 'text', text: 'So.' },
    { type: 'source-url', sourceId: 's', url: 'https://x.example' },
    {
      type: 'reasoning',
      text: 'Stopped here',
      providerMetadata: { openai: { itemId: 'rs2', reasoningEncryptedContent: 's' } },
    },
  ),
]

test('toChatMessages writes summaries, files, failed and denied calls, step by step', () => {
  const made = (id: string) => ({
    id,
    type: 'function',
    function: { name: 'look', arguments: '{"at":1}' },
  })
  expect(toChatMessages(said)).toEqual([
    { role: 'system', content: 'They spoke.' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'See' },
        { type: 'image_url', image_url: { url: 'https://x.example/a.png' } },
        {
          type: 'file',
          file: { filename: 'file', file_data: 'data:application/pdf;base64,AA==' },
        },
        { type: 'input_audio', input_audio: { data: 'AA==', format: 'mp3' } },
        { type: 'text', text: '[file (application/pdf): https://x.example/a.pdf]' },
      ],
    },
    { role: 'assistant', content: null, tool_calls: [made('a')] },
    { role: 'tool', tool_call_id: 'a', content: 'It broke.' },
    { role: 'assistant', content: null, tool_calls: [made('b'), made('c')] },
    { role: 'tool', tool_call_id: 'b', content: 'The call was denied: Not now.' },
    { role: 'assistant', content: 'So.' },
  ])
  expect(toChatMessages(said, { reasoning: true })[2]).toHaveProperty('reasoning_content', 'Hm')
})

test('toResponsesInput writes the same as items, without reasoning that nothing followed', () => {
  const made = (call_id: string) => ({
    type: 'function_call',
    call_id,
    name: 'look',
    arguments: '{"at":1}',
  })
  expect(toResponsesInput(said)).toEqual([
    { role: 'system', content: 'They spoke.' },
    {
      role: 'user',
      content: [
        { type: 'input_text', text: 'See' },
        { type: 'input_image', image_url: 'https://x.example/a.png', detail: 'auto' },
        {
          type: 'input_file',
          filename: 'file',
          file_data: 'data:application/pdf;base64,AA==',
        },
        { type: 'input_file', filename: 'a.mp3', file_data: 'data:audio/mpeg;base64,AA==' },
        { type: 'input_file', file_url: 'https://x.example/a.pdf' },
      ],
    },
    {
      type: 'reasoning',
      id: 'rs',
      summary: [{ type: 'summary_text', text: 'Hm' }],
      encrypted_content: 's',
    },
    made('a'),
    { type: 'function_call_output', call_id: 'a', output: 'It broke.' },
    made('b'),
    made('c'),
    { type: 'function_call_output', call_id: 'b', output: 'The call was denied: Not now.' },
    { role: 'assistant', content: 'So.' },
  ])
})
