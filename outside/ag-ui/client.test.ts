import { HttpAgent, type Message } from '@ag-ui/client'
import { type Agent, type AgentContext, type ChatServer, createChatServer } from '@caughtup/server'
import type { AgentPart } from '@caughtup/schema'
import { agUi } from '@caughtup/server/ag-ui'
import { type Serving, serve } from '@caughtup/server/node'
import { createTestClient, type TestClient } from '@caughtup/server/testing'
import { createStore, type Store } from '@caughtup/store'
import { memory } from '@caughtup/store/memory'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'

import { Random } from '../../packages/schema/src/testing/random.ts'
import { openFaultProxy } from '../../tests/src/support/fault-proxy.ts'

let agent: Agent
let store: Store
let chat: ChatServer
let serving: Serving
let client: TestClient
let errors: unknown[]

beforeEach(async () => {
  errors = []
  // The client prints what it also throws.
  vi.spyOn(console, 'error').mockImplementation(() => {})
  store = await createStore({ storage: memory() })
  chat = createChatServer({
    store,
    agent: (context) => agent(context),
    principal: ({ headers }) => {
      const id = headers.get('x-principal')
      return id === null ? undefined : { id }
    },
    drain: 0,
    onError: (error) => errors.push(error),
    mounts: [
      agUi({
        path: '/ag-ui',
        custom: ({ tools }) => (Array.isArray(tools) && tools.length > 0 ? { tools } : undefined),
      }),
    ],
  })
  serving = await serve(chat, { port: 0 })
  client = createTestClient(chat, { headers: { 'x-principal': 'me' } })
})
afterEach(async () => {
  await serving.close()
  await store.close()
})

const headers = { 'x-principal': 'me' }
const open = (threadId: string) => new HttpAgent({ url: `${serving.url}/ag-ui`, threadId, headers })

/** Runs, and returns the types of the events and what the client knows after it. */
async function run(http: HttpAgent, parameters: Parameters<HttpAgent['runAgent']>[0] = {}) {
  const types: string[] = []
  const customs: unknown[] = []
  const result = await http
    .runAgent(parameters, {
      onEvent: ({ event }) => void types.push(event.type),
      onCustomEvent: ({ event }) => void customs.push([event.name, event.value]),
    })
    .then(
      () => 'finished',
      (error: Error) => error.message,
    )
  return { result, types: [...new Set(types)], customs }
}

function say(http: HttpAgent, id: string, content: string): void {
  http.addMessage({ id, role: 'user', content })
}

/** What a client shows, without its ids. */
const shown = (messages: readonly Message[]) =>
  messages.map((message) => {
    const calls = message.role === 'assistant' ? message.toolCalls : undefined
    return [
      message.role,
      message.content ?? '',
      ...(calls ? [calls.map(({ function: f }) => [f.name, JSON.parse(f.arguments)])] : []),
    ]
  })

test('a prompt runs the agent: text, reasoning, calls, results and state, in their order', async () => {
  agent = async function* () {
    yield { type: 'start-step' }
    yield { type: 'reasoning-start', id: 'r' }
    yield { type: 'reasoning-delta', id: 'r', text: 'Let me ' }
    yield { type: 'reasoning-delta', id: 'r', text: 'look.' }
    yield { type: 'reasoning-end', id: 'r' }
    yield { type: 'text-delta', text: 'One ' }
    yield { type: 'text-delta', text: 'moment.' }
    yield { type: 'tool-input-start', id: 'c1', toolName: 'look' }
    yield { type: 'tool-input-delta', id: 'c1', delta: '{"at": ' }
    yield { type: 'tool-input-delta', id: 'c1', delta: '"x"}' }
    yield { type: 'tool-call', toolCallId: 'c1', toolName: 'look', input: { at: 'x' } }
    yield { type: 'tool-result', toolCallId: 'c1', toolName: 'look', output: { seen: true } }
    yield { type: 'data-state', id: 'state', data: { places: 1 } }
    yield { type: 'data-weather', data: { sun: true } }
    yield { type: 'start-step' }
    yield { type: 'text-delta', text: 'Seen.' }
  }
  const http = open('thread-1')
  say(http, 'u1', 'Look')
  const { result, types, customs } = await run(http)
  expect(result).toBe('finished')
  expect(types[0]).toBe('RUN_STARTED')
  expect(types.at(-1)).toBe('RUN_FINISHED')
  expect(shown(http.messages)).toEqual([
    ['user', 'Look'],
    ['reasoning', 'Let me look.'],
    ['assistant', 'One moment.', [['look', { at: 'x' }]]],
    ['tool', '{"seen":true}'],
    ['assistant', 'Seen.'],
  ])
  expect(http.state).toEqual({ places: 1 })
  expect(customs).toEqual([['data-weather', { sun: true }]])
  say(http, 'u2', 'Again')
  expect((await run(http)).result).toBe('finished')
  const { messages } = await store.window('thread-1')
  expect(messages.map(({ id, role }) => [role, id.slice(0, 2)])).toMatchObject([
    ['user', 'u1'],
    ['assistant', expect.any(String)],
    ['user', 'u2'],
    ['assistant', expect.any(String)],
  ])
  expect(errors).toEqual([])
})

describe('a client that was cut off', () => {
  test('runs again without a prompt, and has the whole answer once', async () => {
    const gate = Promise.withResolvers<void>()
    agent = async function* () {
      yield { type: 'text-delta', text: 'Before ' }
      await gate.promise
      yield { type: 'text-delta', text: 'after.' }
    }
    const http = open('thread-1')
    say(http, 'u1', 'Go')
    const first = run(http)
    await vi.waitFor(() => expect(JSON.stringify(http.messages)).toContain('Before'))
    http.abortRun()
    await first
    const again = run(http)
    await vi.waitFor(() => expect(JSON.stringify(http.messages)).toContain('Before'))
    gate.resolve()
    expect((await again).result).toBe('finished')
    expect(shown(http.messages)).toEqual([
      ['user', 'Go'],
      ['assistant', 'Before after.'],
    ])
    const other = open('thread-1')
    expect((await run(other)).result).toBe('finished')
    expect(shown(other.messages)).toEqual(shown(http.messages))
    expect(errors).toEqual([])
  })

  test('comes back in two pages at once, and both have the whole answer once', async () => {
    const gate = Promise.withResolvers<void>()
    agent = async function* () {
      yield { type: 'text-delta', text: 'Before ' }
      await gate.promise
      yield { type: 'text-delta', text: 'after.' }
    }
    const first = open('thread-1')
    say(first, 'u1', 'Go')
    const running = run(first)
    await vi.waitFor(() => expect(JSON.stringify(first.messages)).toContain('Before'))
    first.abortRun()
    await running
    const pages = [open('thread-1'), open('thread-1')]
    const again = pages.map((page) => run(page))
    for (const page of pages) {
      await vi.waitFor(() => expect(JSON.stringify(page.messages)).toContain('Before'))
    }
    gate.resolve()
    for (const page of await Promise.all(again)) expect(page.result).toBe('finished')
    for (const page of pages) {
      expect(shown(page.messages)).toEqual([
        ['user', 'Go'],
        ['assistant', 'Before after.'],
      ])
    }
    expect(errors).toEqual([])
  })

  test('is refused while its token has expired, and goes on with the next one', async () => {
    const gate = Promise.withResolvers<void>()
    agent = async function* () {
      yield { type: 'text-delta', text: 'Before ' }
      await gate.promise
      yield { type: 'text-delta', text: 'after.' }
    }
    const http = open('thread-1')
    say(http, 'u1', 'Go')
    const running = run(http)
    await vi.waitFor(() => expect(JSON.stringify(http.messages)).toContain('Before'))
    http.abortRun()
    await running
    http.headers = {}
    expect((await run(http)).result).toContain('401')
    expect(shown(http.messages)).toEqual([
      ['user', 'Go'],
      ['assistant', 'Before '],
    ])
    http.headers = headers
    const again = run(http)
    gate.resolve()
    expect((await again).result).toBe('finished')
    expect(shown(http.messages)).toEqual([
      ['user', 'Go'],
      ['assistant', 'Before after.'],
    ])
  })
})

describe('arguments of a call', () => {
  test.each([
    ['with spaces', '{"at": "a \\"b\\" \\\\", ', '"n":  1}', { at: 'a "b" \\', n: 1 }, false],
    ['in another form', '{"at":"\\u00e9', '"}', { at: 'é' }, true],
  ] as const)('are told as they come, %s', async (_, start, rest, input, anew) => {
    const gate = Promise.withResolvers<void>()
    agent = async function* () {
      yield { type: 'text-delta', text: 'Look.' }
      yield { type: 'tool-input-start', id: 'c1', toolName: 'look' }
      yield { type: 'tool-input-delta', id: 'c1', delta: start }
      await gate.promise
      yield { type: 'tool-input-delta', id: 'c1', delta: rest }
      yield { type: 'tool-call', toolCallId: 'c1', toolName: 'look', input }
      yield { type: 'tool-result', toolCallId: 'c1', toolName: 'look', output: 'Seen' }
      yield { type: 'text-delta', text: 'Done.' }
    }
    const http = open('thread-1')
    say(http, 'u1', 'Go')
    const running = run(http)
    await vi.waitFor(() => expect(JSON.stringify(http.messages)).toContain('at'))
    gate.resolve()
    const { result, types } = await running
    expect([result, types.includes('MESSAGES_SNAPSHOT')]).toEqual(['finished', anew])
    expect(shown(http.messages)).toEqual([
      ['user', 'Go'],
      ['assistant', 'Look.', [['look', input]]],
      ['tool', 'Seen'],
      ['assistant', 'Done.'],
    ])
  })
})

describe('a run that waits', () => {
  const asking: Agent = async function* ({ messages }) {
    const parts = messages.at(-1)?.parts ?? []
    const call = parts.find((part) => part.type === 'dynamic-tool')
    if (!call) {
      yield { type: 'text-delta', text: 'May I?' }
      const toolCall = { toolCallId: 'c1', toolName: 'remove', input: { file: 'a' } }
      yield { type: 'tool-call', ...toolCall }
      yield { type: 'tool-approval-request', approvalId: 'ap1', toolCall }
      return
    }
    if (call.state === 'approval-responded' && call.approval.approved) {
      yield { type: 'tool-result', toolCallId: 'c1', toolName: 'remove', output: 'gone' }
      yield { type: 'text-delta', text: 'Removed.' }
    } else yield { type: 'text-delta', text: 'Not removed.' }
  }

  test.each([
    ['resolved', { approved: true }, 'Removed.'],
    ['resolved', { approved: false, reason: 'No' }, 'Not removed.'],
    ['cancelled', undefined, 'Not removed.'],
  ] as const)('for an approval is an interrupt (%s, %j)', async (status, payload, said) => {
    agent = asking
    const http = open('thread-1')
    say(http, 'u1', 'Remove it')
    expect((await run(http)).result).toBe('finished')
    expect(http.pendingInterrupts).toMatchObject([
      { id: 'ap1', reason: 'tool_approval', toolCallId: 'c1' },
    ])
    const resume = [{ interruptId: 'ap1', status, ...(payload && { payload }) }]
    expect((await run(http, { resume })).result).toBe('finished')
    expect(http.pendingInterrupts).toEqual([])
    expect(shown(http.messages).at(-1)).toEqual(['assistant', said])
    expect(shown(http.messages).map(([role]) => role)).toEqual([
      'user',
      'assistant',
      'tool',
      'assistant',
    ])
    expect(errors).toEqual([])
  })

  test('is found by a page that is opened anew, whose answer it goes on with', async () => {
    agent = asking
    const first = open('thread-1')
    say(first, 'u1', 'Remove it')
    expect((await run(first)).result).toBe('finished')
    const again = open('thread-1')
    expect((await run(again)).result).toBe('finished')
    expect(again.pendingInterrupts).toMatchObject([{ id: 'ap1', toolCallId: 'c1' }])
    expect(shown(again.messages)).toEqual(shown(first.messages))
    const resume = [{ interruptId: 'ap1', status: 'resolved' as const, payload: true }]
    expect((await run(again, { resume })).result).toBe('finished')
    expect(shown(again.messages)).toEqual([
      ['user', 'Remove it'],
      ['assistant', 'May I?', [['remove', { file: 'a' }]]],
      ['tool', 'gone'],
      ['assistant', 'Removed.'],
    ])
    expect(errors).toEqual([])
  })

  test('for a call of a tool of the client goes on with its result', async () => {
    agent = async function* ({ messages, prompt }) {
      const call = messages.at(-1)?.parts.find((part) => part.type === 'dynamic-tool')
      if (call?.state === 'output-available') {
        yield { type: 'text-delta', text: `It is ${JSON.stringify(call.output)}.` }
        return
      }
      const tools = prompt.metadata.custom?.['tools']
      const toolName = JSON.stringify(tools).includes('time') ? 'time' : 'none'
      yield { type: 'tool-call', toolCallId: 'c1', toolName, input: {} }
    }
    const tools = [{ name: 'time', description: 'The time', parameters: { type: 'object' } }]
    const http = open('thread-1')
    say(http, 'u1', 'What time is it?')
    expect((await run(http, { tools })).result).toBe('finished')
    expect(shown(http.messages)).toEqual([
      ['user', 'What time is it?'],
      ['assistant', '', [['time', {}]]],
    ])
    http.addMessage({ id: 't1', role: 'tool', toolCallId: 'c1', content: '{"hour":12}' })
    expect((await run(http, { tools })).result).toBe('finished')
    expect(shown(http.messages)).toEqual([
      ['user', 'What time is it?'],
      ['assistant', '', [['time', {}]]],
      ['tool', '{"hour":12}'],
      ['assistant', 'It is {"hour":12}.'],
    ])
    expect(errors).toEqual([])
  })
})

describe('the end of a run', () => {
  test('that failed is an error, and one that was stopped is cancelled', async () => {
    agent = async function* ({ signal }) {
      yield { type: 'text-delta', text: 'Half' }
      if (!signal.aborted) throw new Error('secret')
    }
    const http = open('thread-1')
    say(http, 'u1', 'Fail')
    const failed = await run(http)
    expect(failed.types.at(-1)).toBe('RUN_ERROR')
    expect(JSON.stringify(failed)).not.toContain('secret')

    agent = async function* ({ signal }) {
      yield { type: 'text-delta', text: 'Wait' }
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
    }
    const outcomes: unknown[] = []
    say(http, 'u2', 'Stop')
    const stopped = http.runAgent(
      {},
      {
        onRunFinishedEvent: ({ event }) => void outcomes.push(event.outcome),
      },
    )
    await vi.waitFor(() => expect(JSON.stringify(http.messages)).toContain('Wait'))
    const deleted = await fetch(`${serving.url}/ag-ui/thread-1`, { method: 'DELETE', headers })
    expect(await deleted.json()).toEqual({ interrupted: true })
    await stopped
    expect(outcomes).toEqual([{ type: 'cancelled' }])
  })

  test('is none when the client disconnects: the run goes on', async () => {
    const gate = Promise.withResolvers<void>()
    agent = async function* () {
      yield { type: 'text-delta', text: 'One ' }
      await gate.promise
      yield { type: 'text-delta', text: 'two' }
    }
    const http = open('thread-1')
    say(http, 'u1', 'Go')
    const running = run(http)
    await vi.waitFor(() => expect(JSON.stringify(http.messages)).toContain('One'))
    http.abortRun()
    await running
    gate.resolve()
    await vi.waitFor(async () => {
      const { messages } = await client.history.loadMore({ sessionId: 'thread-1' })
      expect(messages.at(-1)).toMatchObject({ status: 'done', metadata: { finishReason: 'stop' } })
    })
  })

  test('of a member that is removed, or at a server that closes, is an error', async () => {
    agent = async function* ({ signal }) {
      yield { type: 'text-delta', text: 'One ' }
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
    }
    const { id } = await client.sessions.create({ members: ['bob'] })
    const bob = new HttpAgent({
      url: `${serving.url}/ag-ui`,
      threadId: id,
      headers: { 'x-principal': 'bob' },
    })
    say(bob, 'u1', 'Go')
    const running = run(bob)
    await vi.waitFor(() => expect(JSON.stringify(bob.messages)).toContain('One'))
    await client.sessions.removeMember({ sessionId: id, principal: 'bob' })
    expect((await running).types.at(-1)).toBe('RUN_ERROR')
    expect((await run(bob)).result).toContain('404')
  })
})

test.each([1, 2, 3])(
  'an answer is whole and once, however often its client is cut off (seed %i)',
  async (seed) => {
    const words = Array.from({ length: 30 }, (_, n) => `word-${n} `)
    agent = async function* () {
      for (const [n, text] of words.entries()) {
        yield { type: 'text-delta', text }
        if (n === 15) yield { type: 'tool-call', toolCallId: 'c1', toolName: 'look', input: { n } }
        if (n === 16) {
          yield { type: 'tool-result', toolCallId: 'c1', toolName: 'look', output: 'Seen' }
        }
        await new Promise((resolve) => setTimeout(resolve, 20)) // so that there is something to cut
      }
    }
    const proxy = await openFaultProxy(() => Number(new URL(serving.url).port), new Random(seed))
    onTestFinished(() => proxy.close())
    const url = `http://127.0.0.1:${proxy.port}/ag-ui`
    const http = new HttpAgent({ url, threadId: 'thread-1', headers })
    say(http, 'u1', 'Go')
    const calmed = setTimeout(() => proxy.calm(), 2_000)
    onTestFinished(() => clearTimeout(calmed))
    for (let result = ''; result !== 'finished';) ({ result } = await run(http))
    const text = http.messages
      .map((message) => (message.role === 'assistant' ? (message.content ?? '') : ''))
      .join('')
    expect(text).toBe(words.join(''))
    expect(http.messages.filter(({ role }) => role === 'user')).toHaveLength(1)
    expect(errors).toEqual([])
  },
)

/** The parts of an answer, some of which stay open while others come. */
function randomParts(random: Random): AgentPart[] {
  const stretches = {
    text: (n: number): AgentPart[] => [{ type: 'text-delta', text: `word-${n} ` }],
    step: (): AgentPart[] => [{ type: 'start-step' }],
    reasoning: (n: number): AgentPart[] => [
      { type: 'reasoning-start', id: `r${n}` },
      { type: 'reasoning-delta', id: `r${n}`, text: 'Let me ' },
      { type: 'reasoning-delta', id: `r${n}`, text: 'look.' },
      { type: 'reasoning-end', id: `r${n}` },
    ],
    call: (n: number): AgentPart[] => [
      { type: 'tool-input-start', id: `c${n}`, toolName: 'look' },
      { type: 'tool-input-delta', id: `c${n}`, delta: '{"at": ' },
      { type: 'tool-input-delta', id: `c${n}`, delta: `${n}}` },
      { type: 'tool-call', toolCallId: `c${n}`, toolName: 'look', input: { at: n } },
      { type: 'tool-result', toolCallId: `c${n}`, toolName: 'look', output: n },
    ],
    both: (n: number): AgentPart[] => [
      { type: 'text-start', id: `a${n}` },
      { type: 'text-delta', id: `a${n}`, text: 'a ' },
      { type: 'text-start', id: `b${n}` },
      { type: 'text-delta', id: `b${n}`, text: 'b ' },
      { type: 'text-end', id: `b${n}` },
      { type: 'text-delta', id: `a${n}`, text: 'c ' },
      { type: 'text-end', id: `a${n}` },
    ],
  }
  const weights = { text: 3, step: 1, reasoning: 2, call: 2, both: 3 }
  return Array.from({ length: 12 }, (_, n) => stretches[random.weighted(weights)](n)).flat()
}

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  'clients that come and leave at any moment of an answer show it whole, and in one order (seed %i)',
  async (seed) => {
    const random = new Random(seed)
    const parts = randomParts(random)
    const steps = parts.map(() => ({
      asked: Promise.withResolvers<void>(),
      go: Promise.withResolvers<void>(),
    }))
    agent = async function* () {
      for (const [n, part] of parts.entries()) {
        steps[n]?.asked.resolve()
        await steps[n]?.go.promise
        yield part
      }
    }
    /** Its answer has begun, with what there is so far. */
    const join = async (http: HttpAgent) => {
      const begun = Promise.withResolvers<void>()
      http.subscribe({ onRunStartedEvent: () => begun.resolve() })
      const running = run(http)
      await begun.promise
      return { http, running }
    }
    const first = open('thread-1')
    say(first, 'u1', 'Go')
    const clients = [await join(first)]
    for (const { asked, go } of steps) {
      await asked.promise
      const event = random.weighted({ nothing: 6, flush: 4, join: 2, leave: 1 })
      if (event === 'flush') await store.flushAll()
      if (event === 'join') clients.push(await join(open('thread-1')))
      const gone = event === 'leave' && clients.length > 1 ? clients.pop() : undefined
      gone?.http.abortRun()
      await gone?.running
      go.resolve()
    }
    const results = await Promise.all(clients.map(({ running }) => running))
    expect(results.map(({ result }) => result)).toEqual(clients.map(() => 'finished'))
    const late = open('thread-1')
    expect((await run(late)).result).toBe('finished')
    const texts = parts.map((part) => (part.type === 'text-delta' ? part.text : ''))
    const said = late.messages.map((one) => (one.role === 'assistant' ? (one.content ?? '') : ''))
    const sorted = (text: string) => text.split(' ').toSorted()
    expect(sorted(said.join(''))).toEqual(sorted(texts.join('')))
    for (const { http } of clients) expect(shown(http.messages)).toEqual(shown(late.messages))
    expect(errors).toEqual([])
  },
)

test('a thread of somebody else is not found', async () => {
  agent = async function* () {
    yield { type: 'text-delta', text: 'Hi' }
  }
  await client.sessions.create({ sessionId: 'thread-1' })
  const other = new HttpAgent({
    url: `${serving.url}/ag-ui`,
    threadId: 'thread-1',
    headers: { 'x-principal': 'somebody' },
  })
  expect((await run(other)).result).toContain('404')
  say(other, 'u1', 'Hi')
  expect((await run(other)).result).toMatch(/HTTP 4\d\d/)
})
