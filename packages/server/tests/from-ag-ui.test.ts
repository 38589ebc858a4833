import { describe, expect, test } from 'vitest'

import { agUi, fromAgUi } from '../src/ag-ui.ts'
import type { Agent } from '../src/host/agent.ts'
import { openTestServer } from './support/open-test-server.ts'

/** A chat server whose agent is a remote one. */
async function openChat(remote: (request: Request) => Promise<Response>) {
  const server = await openTestServer({
    agent: fromAgUi({
      url: 'http://remote.test/ag-ui',
      headers: ({ principal }) => ({ 'x-principal': principal?.id ?? '' }),
      fetch: (url, init) => remote(new Request(url, init)),
    }),
  })
  const client = server.client()
  const { id: sessionId } = await client.sessions.create({ title: 'Remote' })
  const send = (text: string) => client.messages.send({ sessionId, text })
  const run = async () => (await server.store.head(sessionId)).head.run
  const answer = async () => {
    await expect.poll(run).toBeUndefined()
    return (await server.store.window(sessionId)).messages.at(-1)
  }
  return { ...server, client, sessionId, send, run, answer }
}

/** Answers each request with the next of these lists of events, in chunks of a few bytes. */
function scripted(...answers: object[][]) {
  const bodies: Record<string, unknown>[] = []
  const remote = async (request: Request) => {
    bodies.push((await request.json()) as Record<string, unknown>)
    const events = answers[bodies.length - 1] ?? []
    const text = `: hello\n\n${events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')}`
    const bytes = new TextEncoder().encode(text)
    const chunks = Array.from({ length: Math.ceil(bytes.length / 7) }, (_, n) =>
      bytes.subarray(n * 7, n * 7 + 7),
    )
    return new Response(ReadableStream.from(chunks))
  }
  return { bodies, remote }
}

const message = (id: string, ...deltas: string[]) => [
  { type: 'TEXT_MESSAGE_START', messageId: id, role: 'assistant' },
  ...deltas.map((delta) => ({ type: 'TEXT_MESSAGE_CONTENT', messageId: id, delta })),
  { type: 'TEXT_MESSAGE_END', messageId: id },
]
const call = (id: string, name: string, args: string) => [
  { type: 'TOOL_CALL_START', toolCallId: id, toolCallName: name },
  { type: 'TOOL_CALL_ARGS', toolCallId: id, delta: args },
  { type: 'TOOL_CALL_END', toolCallId: id },
]
const finished = { type: 'RUN_FINISHED', outcome: { type: 'success' } }

describe('a remote agent', () => {
  test('writes answers, and gets the conversation and its state with the next prompt', async () => {
    const { bodies, remote } = scripted(
      [
        { type: 'RUN_STARTED' },
        { type: 'REASONING_MESSAGE_START', messageId: 'r', role: 'reasoning' },
        { type: 'REASONING_MESSAGE_CONTENT', messageId: 'r', delta: 'Hm – é' },
        { type: 'REASONING_MESSAGE_END', messageId: 'r' },
        ...message('m1', 'Let me ', 'look.'),
        ...call('c1', 'look', '{"at": "x"}'),
        { type: 'TOOL_CALL_RESULT', messageId: 't1', toolCallId: 'c1', content: '{"seen":true}' },
        { type: 'STATE_SNAPSHOT', snapshot: { places: ['a'] } },
        { type: 'STATE_DELTA', delta: [{ op: 'add', path: '/places/-', value: 'b' }] },
        { type: 'CUSTOM', name: 'weather', value: { sun: true } },
        { type: 'SOMETHING_NEW' },
        ...message('m2', 'Seen.'),
        finished,
      ],
      [...message('m3', 'Yes.'), finished],
    )
    const chat = await openChat(remote)
    await chat.send('Look')
    expect(await chat.answer()).toMatchObject({
      parts: [
        { type: 'reasoning', text: 'Hm – é' },
        { type: 'text', text: 'Let me look.' },
        { type: 'dynamic-tool', toolName: 'look', input: { at: 'x' }, output: { seen: true } },
        { type: 'data-state', data: { places: ['a', 'b'] } },
        { type: 'data-weather', data: { sun: true } },
        { type: 'text', text: 'Seen.' },
      ],
      metadata: { finishReason: 'stop' },
    })
    await chat.send('Sure?')
    expect(await chat.answer()).toMatchObject({ parts: [{ text: 'Yes.' }] })
    expect(bodies[1]).toMatchObject({
      threadId: chat.sessionId,
      state: { places: ['a', 'b'] },
      messages: [
        { role: 'user', content: 'Look' },
        { role: 'reasoning', content: 'Hm – é' },
        { role: 'assistant', content: 'Let me look.', toolCalls: [{ id: 'c1' }] },
        { role: 'tool', toolCallId: 'c1', content: '{"seen":true}' },
        { role: 'assistant', content: 'Seen.' },
        { role: 'user', content: 'Sure?' },
      ],
    })
    expect(chat.errors).toEqual([])
  })

  test.each([
    ['says so', [...message('m1', 'Half'), { type: 'RUN_ERROR', message: 'secret' }]],
    ['is cut off', message('m1', 'Half')],
    [
      'sends a change that does not fit',
      [{ type: 'STATE_DELTA', delta: [{ op: 'add', path: '/a/b' }] }],
    ],
  ])('that %s fails its run', async (_, events) => {
    const chat = await openChat(scripted(events).remote)
    await chat.send('Go')
    const answer = await chat.answer()
    expect(answer).toMatchObject({ metadata: { finishReason: 'error' } })
    expect(JSON.stringify(answer)).not.toContain('secret')
    expect(chat.errors).toHaveLength(1)
  })

  test('that does not answer fails its run', async () => {
    const chat = await openChat(async () => new Response('no', { status: 502 }))
    await chat.send('Go')
    expect(await chat.answer()).toMatchObject({ metadata: { finishReason: 'error' } })
    expect(String(chat.errors[0]?.error)).toContain('502')
  })
})

describe('another chat server as the remote agent', () => {
  test('answers, waits for approvals, and goes on with the answer to them', async () => {
    const asking: Agent = async function* ({ messages }) {
      const found = messages.at(-1)?.parts.find((part) => part.type === 'dynamic-tool')
      if (found?.state === 'approval-responded') {
        const output = found.approval.approved ? 'gone' : 'kept'
        yield { type: 'tool-result', toolCallId: 'c1', toolName: 'remove', output }
        return yield { type: 'text-delta', text: `It is ${output}.` }
      }
      const toolCall = { toolCallId: 'c1', toolName: 'remove', input: { file: 'a' } }
      yield { type: 'text-delta', text: 'May I?' }
      yield { type: 'tool-call', ...toolCall }
      yield { type: 'tool-approval-request', approvalId: 'ap1', toolCall }
    }
    const remote = await openTestServer({ agent: asking, mounts: [agUi({ path: '/ag-ui' })] })
    const chat = await openChat((request) => remote.chat.fetch(request))
    const { runId } = await chat.send('Remove it')
    await expect.poll(async () => (await chat.run())?.status).toBe('waiting')
    const about = { sessionId: chat.sessionId, runId, toolCallId: 'c1' }
    await chat.client.runs.respond({ ...about, approved: true })
    expect(await chat.answer()).toMatchObject({
      parts: [
        { type: 'text', text: 'May I?' },
        { type: 'dynamic-tool', state: 'output-available', output: 'gone' },
        { type: 'text', text: 'It is gone.' },
      ],
    })
    expect([chat.errors, remote.errors]).toEqual([[], []])
  })
})
