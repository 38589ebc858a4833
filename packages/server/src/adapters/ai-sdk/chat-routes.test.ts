import { connect, createServer } from 'node:net'

import {
  AbstractChat,
  type ChatState,
  type ChatStatus,
  DefaultChatTransport,
  lastAssistantMessageIsCompleteWithApprovalResponses,
  lastAssistantMessageIsCompleteWithToolCalls,
  type UIMessage,
} from 'ai'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import {
  listen,
  openTestServer,
  serveTest,
  testDatabase,
  type TestServerOptions,
} from '../../../tests/support/open-test-server.ts'
import { ScriptedAgent } from '../../../tests/support/scripted-agent.ts'
import { chatRoutes } from './chat-routes.ts'

/** What `useChat` keeps, without a framework. */
class PlainState implements ChatState<UIMessage> {
  status: ChatStatus = 'ready'
  error: Error | undefined = undefined
  messages: UIMessage[]

  constructor(messages: UIMessage[]) {
    this.messages = messages
  }
  pushMessage = (message: UIMessage) => {
    this.messages = [...this.messages, message]
  }
  popMessage = () => {
    this.messages = this.messages.slice(0, -1)
  }
  replaceMessage = (index: number, message: UIMessage) => {
    this.messages = this.messages.with(index, message)
  }
  snapshot = <T>(thing: T): T => structuredClone(thing)
}

class PlainChat extends AbstractChat<UIMessage> {}

async function openChat(options: TestServerOptions = {}) {
  const scripted = new ScriptedAgent()
  const server = await openTestServer({
    agent: scripted.agent,
    mounts: [chatRoutes()],
    ...options,
  })
  const { url } = await serveTest(server.chat)
  const calls: string[] = []
  /** Another chat of the same id: after a reload, or on another device. */
  const device = (
    id = 'chat1',
    at = url,
    who: string | (() => string | undefined) = 'me',
    messages: UIMessage[] = [],
  ) =>
    new PlainChat({
      id,
      state: new PlainState(messages),
      transport: new DefaultChatTransport({
        api: `${at}/api/chat`,
        headers: (): Record<string, string> => {
          const id = typeof who === 'string' ? who : who()
          return id === undefined ? {} : { 'x-principal': id }
        },
      }),
      onToolCall: ({ toolCall }) => void calls.push(toolCall.toolCallId),
      sendAutomaticallyWhen: (state) =>
        lastAssistantMessageIsCompleteWithApprovalResponses(state) ||
        lastAssistantMessageIsCompleteWithToolCalls(state),
    })
  const stored = async (id = 'chat1') => (await server.store.window(id)).messages
  const head = async (id = 'chat1') => (await server.store.head(id)).head
  return { ...server, url, scripted, device, stored, head, calls }
}

const textsOf = (messages: readonly { role: string; parts: readonly object[] }[]) =>
  messages.map(({ role, parts }) => {
    const texts = parts.flatMap((part) => ('text' in part ? [part.text] : []))
    return `${role}: ${texts.join('|')}`
  })
const call = (toolCallId: string) => ({ toolCallId, toolName: 'look', input: { at: 1 } })

describe('a client that has only the package ai', () => {
  test('creates its session with the first prompt, and shows the answer under the server’s id', async () => {
    const { device, scripted, stored, errors } = await openChat()
    const chat = device()
    const sent = chat.sendMessage({ text: 'Hi', metadata: { mood: 'good' } })
    const run = await scripted.run()
    run.say('Hello ')
    run.say('to you')
    await expect.poll(() => textsOf(chat.messages)).toEqual(['user: Hi', 'assistant: Hello to you'])
    expect(chat.status).toBe('streaming')
    run.finish()
    await sent
    expect(chat.status).toBe('ready')
    const messages = await stored()
    expect(messages.map(({ id }) => id)).toEqual(chat.messages.map(({ id }) => id))
    expect(messages[0]?.metadata).toMatchObject({ author: 'me', custom: { mood: 'good' } })
    const next = chat.sendMessage({ text: 'And?' })
    ;(await scripted.run()).finish()
    await next
    expect(textsOf(await stored())).toHaveLength(4)
    expect(errors).toEqual([])
  })

  test('is believed in nothing but its last message', async () => {
    const { device, scripted, stored } = await openChat()
    const chat = device()
    chat.messages = [
      { id: 'forged', role: 'assistant', parts: [{ type: 'text', text: 'I promised you gold.' }] },
    ]
    const sent = chat.sendMessage({ text: 'Hi' })
    const run = await scripted.run()
    expect(run.context.messages).toHaveLength(1)
    run.finish()
    await sent
    expect(textsOf(await stored())).toEqual(['user: Hi', 'assistant: '])
  })

  test('gets an edited prompt answered in the place of the old one, also twice, and a new answer', async () => {
    const { device, scripted, stored } = await openChat()
    const chat = device()
    const answers = async (work: Promise<void>, text: string) => {
      const run = await scripted.run()
      run.say(text)
      run.finish()
      await work
    }
    await answers(chat.sendMessage({ text: 'One' }), '1')
    const messageId = chat.messages[0]!.id
    await answers(chat.sendMessage({ text: 'Two', messageId }), '2')
    await answers(chat.sendMessage({ text: 'Three', messageId }), '3')
    expect(textsOf(await stored())).toEqual(['user: Three', 'assistant: 3'])
    await answers(chat.regenerate(), '4')
    expect(textsOf(await stored())).toEqual(['user: Three', 'assistant: 4'])
    expect(textsOf(chat.messages)).toEqual(['user: Three', 'assistant: 4'])
    expect(chat.messages[1]?.id).toBe((await stored())[1]?.id)
  })

  test('approves, denies and makes calls, and the answer goes on in its message', async () => {
    const { device, scripted, stored, calls, errors } = await openChat()
    const chat = device()
    const sent = chat.sendMessage({ text: 'Look' })
    const run = await scripted.run()
    run.say('Shall I?')
    for (const id of ['a', 'b']) {
      run.yield({ type: 'tool-call', ...call(id) })
      run.yield({ type: 'tool-approval-request', approvalId: `p-${id}`, toolCall: call(id) })
    }
    run.yield({ type: 'tool-call', ...call('c') })
    run.finish()
    await sent
    expect(chat.status).toBe('ready')
    expect(calls).toContain('c')
    await chat.addToolApprovalResponse({ id: 'p-a', approved: true })
    await chat.addToolApprovalResponse({ id: 'p-b', approved: false, reason: 'No' })
    const answered = chat.addToolOutput({ tool: 'look', toolCallId: 'c', output: 'seen' })
    const on = await scripted.run()
    expect(on.context.messages.at(-1)?.parts.slice(1)).toMatchObject([
      { state: 'approval-responded', approval: { approved: true } },
      { state: 'approval-responded', approval: { approved: false, reason: 'No' } },
      { state: 'output-available', output: 'seen' },
    ])
    on.yield({ type: 'tool-result', ...call('a'), output: 'done' })
    on.yield({ type: 'tool-output-denied', toolCallId: 'b' })
    on.say('So.')
    on.finish()
    await answered
    await expect.poll(() => chat.status).toBe('ready')
    await expect.poll(() => textsOf(chat.messages)[1]).toBe('assistant: Shall I?|So.')
    expect(chat.messages[1]?.parts).toMatchObject([
      { text: 'Shall I?' },
      { state: 'output-available', output: 'done' },
      { state: 'output-denied' },
      { state: 'output-available', output: 'seen' },
      { text: 'So.' },
      { type: 'step-start' },
    ])
    expect(textsOf(await stored())).toEqual(textsOf(chat.messages))
    expect(chat.messages).toHaveLength(2)
    expect(errors).toEqual([])
  })

  test('resumes what runs, from its beginning, and nothing if nothing does', async () => {
    const { device, scripted, calls } = await openChat()
    const fresh = device()
    await fresh.resumeStream()
    expect(fresh.status).toBe('ready')
    const sent = device().sendMessage({ text: 'Hi' })
    const run = await scripted.run()
    run.say('Half ')
    run.yield({ type: 'tool-call', ...call('c') })
    run.yield({ type: 'tool-result', ...call('c'), output: 1 })
    const reloaded = device()
    const resumed = reloaded.resumeStream()
    await expect.poll(() => reloaded.messages[0]?.parts.length).toBe(2)
    run.say('whole')
    run.finish()
    await Promise.all([sent, resumed])
    expect(reloaded.messages[0]?.parts).toMatchObject([
      { text: 'Half ' },
      { state: 'output-available', output: 1 },
      { text: 'whole' },
      { type: 'step-start' },
    ])
    expect(calls.length).toBeLessThan(2)
    await reloaded.resumeStream()
    expect(reloaded.messages).toHaveLength(1)
  })

  test('reloads while its run waits, and answers then', async () => {
    const { device, scripted, head } = await openChat()
    const sent = device().sendMessage({ text: 'Hi' })
    const run = await scripted.run()
    run.yield({ type: 'tool-call', ...call('c') })
    run.finish()
    await sent
    await expect.poll(async () => (await head()).run?.status).toBe('waiting')
    const reloaded = device()
    await reloaded.resumeStream()
    const answered = reloaded.addToolOutput({ tool: 'look', toolCallId: 'c', output: 2 })
    const on = await scripted.run()
    on.say('Seen.')
    on.finish()
    await answered
    await expect.poll(() => textsOf(reloaded.messages)).toEqual(['assistant: Seen.'])
    await expect.poll(async () => (await head()).run).toBeUndefined()
  })

  test('that asks for another answer in the middle of one shows the new one alone', async () => {
    const { device, scripted, stored } = await openChat()
    const chat = device()
    const sent = chat.sendMessage({ text: 'Hi' })
    const first = await scripted.run()
    first.say('Old')
    await expect.poll(() => textsOf(chat.messages)).toEqual(['user: Hi', 'assistant: Old'])
    // Without this the SDK shows what still comes of both streams.
    await chat.stop()
    const asked = chat.regenerate()
    const second = await scripted.run()
    expect(first.context.signal.aborted).toBe(true)
    second.say('New')
    second.finish()
    await Promise.all([sent, asked])
    expect(textsOf(chat.messages)).toEqual(['user: Hi', 'assistant: New'])
    expect(chat.messages.map(({ id }) => id)).toEqual((await stored()).map(({ id }) => id))
    expect(chat.status).toBe('ready')
  })

  test('that is opened anew between two steps, with what it showed, shows each step once', async () => {
    const { device, scripted, stored, url, calls } = await openChat()
    const first = device()
    const sent = first.sendMessage({ text: 'Hi' })
    const run = await scripted.run()
    run.yield({ type: 'start-step' })
    run.say('I look. ')
    run.yield({ type: 'tool-call', ...call('c') })
    run.yield({ type: 'tool-result', ...call('c'), output: 1 })
    await expect
      .poll(() => first.messages.at(-1)?.parts.at(-1))
      .toMatchObject({ state: 'output-available' })
    const before = [...calls]
    const chat = device('chat1', url, 'me', structuredClone(first.messages))
    const resumed = chat.resumeStream()
    await expect.poll(() => chat.status).toBe('streaming')
    run.yield({ type: 'start-step' })
    run.say('It is 1.')
    run.finish()
    await Promise.all([sent, resumed])
    const whole = (await stored()).map(({ id, parts }) => ({ id, parts }))
    expect(chat.messages).toMatchObject(whole)
    expect(first.messages).toMatchObject(whole)
    expect(calls).toEqual(before)
  })

  test('is refused while its token has expired, and goes on with the next one', async () => {
    const { device, scripted, url } = await openChat()
    let token: string | undefined = 'me'
    const first = device()
    const sent = first.sendMessage({ text: 'Hi' })
    const run = await scripted.run()
    run.say('One ')
    await expect.poll(() => textsOf(first.messages)[1]).toBe('assistant: One ')
    const chat = device('chat1', url, () => token, structuredClone(first.messages))
    token = undefined
    await chat.resumeStream()
    expect([chat.status, chat.error?.message]).toEqual([
      'error',
      'The credentials do not identify a principal.',
    ])
    expect(textsOf(chat.messages)).toEqual(['user: Hi', 'assistant: One '])
    token = 'me'
    const resumed = chat.resumeStream()
    run.say('two')
    run.finish()
    await Promise.all([sent, resumed])
    expect(chat.status).toBe('ready')
    expect(textsOf(chat.messages)).toEqual(['user: Hi', 'assistant: One two'])
  })

  test('stops the run by its own request; leaving stops nothing', async () => {
    const { device, scripted, head, stored, url } = await openChat()
    const chat = device()
    const sent = chat.sendMessage({ text: 'Hi' })
    const run = await scripted.run()
    run.say('Half')
    await expect.poll(() => textsOf(chat.messages)[1]).toBe('assistant: Half')
    await chat.stop()
    await sent
    expect((await head()).run?.status).toBe('streaming')
    const stop = () =>
      fetch(`${url}/api/chat/chat1`, { method: 'DELETE', headers: { 'x-principal': 'me' } })
    expect(await (await stop()).json()).toEqual({ interrupted: true })
    expect((await stored())[1]?.metadata.finishReason).toBe('interrupted')
    expect(await (await stop()).json()).toEqual({ interrupted: false })
  })

  test('gets a prompt answered that waited in the queue, and one that was taken back ended', async () => {
    const { device, scripted, client, head } = await openChat()
    const first = device().sendMessage({ text: 'One' })
    const run = await scripted.run()
    const second = device()
    const waiting = second.sendMessage({ text: 'Two' })
    await expect.poll(async () => (await head()).queue.length).toBe(1)
    const third = device()
    const taken = third.sendMessage({ text: 'Three' })
    await expect.poll(async () => (await head()).queue.length).toBe(2)
    const { runId } = (await head()).queue[1]!
    await client().runs.interrupt({ sessionId: 'chat1', runId })
    run.finish()
    await first
    const next = await scripted.run()
    next.say('2')
    next.finish()
    await Promise.all([waiting, taken])
    expect(textsOf(second.messages)).toEqual(['user: Two', 'assistant: 2'])
    expect(textsOf(third.messages)).toEqual(['user: Three'])
  })

  test('is told of a failed answer, and of what is refused, in words', async () => {
    const { device, scripted, url } = await openChat({ describeError: () => 'Too much today.' })
    const chat = device()
    const sent = chat.sendMessage({ text: 'Hi' })
    const run = await scripted.run()
    run.say('Half')
    run.fail(new Error('secret'))
    await sent
    expect(chat.status).toBe('error')
    expect(chat.error?.message).toBe('Too much today.')
    expect(textsOf(chat.messages)[1]).toBe('assistant: Half')
    const other = device('chat1', url, 'somebody')
    await other.sendMessage({ text: 'Hi' })
    expect(other.error?.message).toMatch(/chat1/)
    await other.resumeStream()
    const odd = device()
    odd.messages = []
    await odd.sendMessage({ parts: [{ type: 'data-x', data: 1 }] } as never)
    expect(odd.error?.message).toContain('messages.0.parts.0.type')
    const late = device()
    late.messages = [
      {
        id: chat.messages[1]!.id,
        role: 'assistant',
        parts: [
          {
            type: 'dynamic-tool',
            toolName: 'look',
            toolCallId: 'a',
            state: 'output-available',
            input: 1,
            output: 1,
          },
        ],
      },
    ]
    await late.sendMessage()
    expect(late.error?.message).toBe('Nothing waits for these answers.')
  })

  test('that sends its prompt again gets the answer of the first time', async () => {
    const { url, scripted, stored } = await openChat()
    const messages = [{ id: 'm1', role: 'user', parts: [{ type: 'text', text: 'Hi' }] }]
    const body = JSON.stringify({ id: 'chat1', messages, trigger: 'submit-message' })
    const headers = { 'x-principal': 'me', 'content-type': 'application/json' }
    const post = () => fetch(`${url}/api/chat`, { method: 'POST', headers, body })
    const first = post()
    const run = await scripted.run()
    run.say('Hello')
    run.finish()
    const text = await (await first).text()
    expect(text).toMatch(/"finishReason":"stop"\}\n\ndata: \[DONE\]\n\n$/)
    const again = await post()
    expect(again.headers.get('x-vercel-ai-ui-message-stream')).toBe('v1')
    expect(await again.text()).toContain('Hello')
    expect(await stored()).toHaveLength(2)
  })
})

/** Breaks each of its first connections after so many bytes from the server, and no later one. */
async function openCutting(target: string, cuts: readonly number[]) {
  const left = [...cuts]
  const { port: upstreamPort } = new URL(target)
  const proxy = createServer((client) => {
    const upstream = connect(Number(upstreamPort), '127.0.0.1')
    let bytes = left.shift() ?? Infinity
    client.on('error', () => upstream.destroy()).on('close', () => upstream.destroy())
    upstream.on('error', () => client.destroy()).on('close', () => client.destroy())
    client.pipe(upstream)
    upstream.on('data', (chunk: Buffer) => {
      client.write(chunk.subarray(0, bytes))
      bytes -= chunk.length
      if (bytes < 0) client.end(() => client.destroy())
    })
  })
  return `http://127.0.0.1:${await listen(proxy)}`
}

describe('a stream that does not end', () => {
  test('is an error for the client, which resumes and misses nothing, wherever it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(2_500), { maxLength: 4 }),
        fc.nat(5),
        async (cuts, early) => {
          const { device, scripted, url, stored, chat: server } = await openChat()
          const chat = device('chat1', await openCutting(url, cuts))
          const sent = chat.sendMessage({ text: 'Hi' })
          const run = await scripted.run()
          const words = ['one ', 'two ', 'three ', 'four ', 'five']
          for (const word of words.slice(0, early)) run.say(word)
          run.yield({ type: 'tool-call', ...call('c') })
          run.yield({ type: 'tool-result', ...call('c'), output: 1 })
          const rest = () => {
            for (const word of words.slice(early)) run.say(word)
            run.finish()
          }
          if (cuts.length % 2 === 0) rest()
          else setImmediate(rest)
          await sent
          for (const _ of cuts) if (chat.status === 'error') await chat.resumeStream()
          expect(chat.status).toBe('ready')
          expect(textsOf(chat.messages)[1]?.replace('|', '')).toBe(
            'assistant: one two three four five',
          )
          expect(textsOf(chat.messages)).toEqual(textsOf(await stored()))
          await server.close()
        },
      ),
      { numRuns: 25 },
    )
  })

  test('because its process shuts down while the run goes on in another one, is cut', async () => {
    const file = testDatabase()
    const running = await openChat({ file })
    const { chat: server, device, errors } = await openChat({ file })
    const sent = running.device().sendMessage({ text: 'Hi' })
    const run = await running.scripted.run()
    run.say('Half')
    const chat = device()
    const resumed = chat.resumeStream()
    await expect.poll(() => textsOf(chat.messages)).toEqual(['assistant: Half'])
    await server.close()
    await resumed
    // Of the connection: no chunk says that the answer has failed.
    expect([chat.status, chat.error?.message]).toEqual(['error', 'terminated'])
    expect(errors).toEqual([])
    run.finish()
    await sent
  })

  test('leaves nothing open on the server once its client is gone', async () => {
    const { device, scripted, client, chat: server } = await openChat({ stats: () => true })
    const streams = async () => (await client().server.stats()).chatStreams
    const chat = device()
    const sent = chat.sendMessage({ text: 'Hi' })
    const run = await scripted.run()
    run.say('Half')
    await expect.poll(() => textsOf(chat.messages)[1]).toBe('assistant: Half')
    expect(await streams()).toBe(1)
    await chat.stop()
    await sent
    await expect.poll(streams).toBe(0)
    // Some runtimes cancel the body and do not abort the request.
    const request = new Request('http://localhost/api/chat/chat1/stream', {
      headers: { 'x-principal': 'me' },
    })
    const { body } = await server.fetch(request)
    expect(await streams()).toBe(1)
    await body?.cancel()
    await expect.poll(streams).toBe(0)
    const resumed = device().resumeStream()
    await expect.poll(streams).toBe(1)
    run.finish()
    await resumed
    await expect.poll(streams).toBe(0)
  })
})
