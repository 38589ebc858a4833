import type { AgentPart } from '@caughtup/schema'
import { createChatServer } from '@caughtup/server'
import { serve } from '@caughtup/server/node'
import { createStore } from '@caughtup/store'
import { memory } from '@caughtup/store/memory'
import {
  createChatClient,
  type Link,
  type SessionSnapshot,
  type SessionView,
  sse,
  webSocket,
} from '@caughtup/web-client'
import { expect, onTestFinished, test } from 'vitest'

import { inMode } from './cut-link.ts'

/** An answer in flight: what the agent has said when somebody joins, and what it says after that. */
const answers: [string, AgentPart[], AgentPart[], object[]][] = [
  [
    'a run without parts',
    [],
    [{ type: 'text-delta', text: 'Hello' }],
    [{ type: 'text', text: 'Hello', state: 'done' }],
  ],
  [
    'text',
    [{ type: 'text-delta', text: 'Hel' }],
    [{ type: 'text-delta', text: 'lo' }],
    [{ type: 'text', text: 'Hello', state: 'done' }],
  ],
  [
    'reasoning',
    [
      { type: 'reasoning-start', id: 'r' },
      { type: 'reasoning-delta', id: 'r', text: 'Let me ' },
    ],
    [
      { type: 'reasoning-delta', id: 'r', text: 'see' },
      { type: 'reasoning-end', id: 'r' },
    ],
    [{ type: 'reasoning', text: 'Let me see', state: 'done' }],
  ],
  [
    "a tool's input",
    [
      { type: 'tool-input-start', id: 'c', toolName: 'read' },
      { type: 'tool-input-delta', id: 'c', delta: '{"path"' },
    ],
    [
      { type: 'tool-input-delta', id: 'c', delta: ':"a"}' },
      { type: 'tool-call', toolCallId: 'c', toolName: 'read', input: { path: 'a' } },
      { type: 'tool-result', toolCallId: 'c', toolName: 'read', output: 'text' },
    ],
    [
      {
        type: 'dynamic-tool',
        toolCallId: 'c',
        state: 'output-available',
        input: { path: 'a' },
        output: 'text',
      },
    ],
  ],
]
const links: [string, (url: string) => Link][] = [
  ['HTTP', (url) => sse({ url })],
  ['a WebSocket', (url) => webSocket({ url })],
]
const cases = links.flatMap(([over, link]) =>
  answers.map(([amid, before, after, parts]) => ({ over, link, amid, before, after, parts })),
)

test.each(cases)(
  'who joins amid $amid over $over has it once, and the rest live',
  async ({ link, before, after, parts }) => {
    const { open, goOn } = await openServer(before, after, link)
    const first = open()
    await first.send({ text: 'Hi' })
    await expect.poll(() => answerOf(first)).toMatchObject({ status: 'open' })
    await expect.poll(() => partsOf(first) !== '[]').toBe(before.length > 0)
    const [joined, leaving] = [open(), open()]
    for (const view of [joined, leaving]) {
      await expect.poll(() => view.getSnapshot().connection.status).toBe('live')
      expect(answerOf(view)).toMatchObject({ status: 'open' })
      await expect.poll(() => partsOf(view) === partsOf(first)).toBe(true)
    }
    leaving.pause()
    goOn()
    for (const view of [first, joined]) {
      await expect.poll(() => answerOf(view)?.status).toBe('done')
      expect(answerOf(view)?.parts).toMatchObject(parts)
    }
    leaving.resume()
    await expect.poll(() => answerOf(leaving)?.status).toBe('done')
    expect(answerOf(leaving)?.parts).toEqual(answerOf(first)?.parts)
    expect(leaving.getSnapshot().messages).toHaveLength(2)
    const used = { inputTokens: 9, outputTokens: 3 }
    await expect.poll(() => leaving.getSnapshot().usage?.totals).toEqual(used)
    expect(leaving.getSnapshot().usage).toEqual(first.getSnapshot().usage)
  },
)

test.each(links)(
  'a view in mode live that joins a run without parts over %s has its context and its answer, and no history',
  async (_, link) => {
    const finish: AgentPart = { type: 'finish', usage: { inputTokens: 9, outputTokens: 3 } }
    const { open, goOn } = await openServer(
      [],
      [
        { type: 'reasoning-delta', id: 'r', text: 'Let me see' },
        { type: 'reasoning-end', id: 'r' },
        { type: 'text-delta', text: 'Hello' },
        finish,
      ],
      link,
    )
    const first = open()
    const { runId } = await first.send({ text: 'Hi', messageId: 'hi', model: 'large' })
    await first.send({ text: 'Next', messageId: 'next' })
    await expect.poll(() => answerOf(first)).toMatchObject({ status: 'open' })
    const joined = open((inner) => inMode(inner, 'live'))
    await expect.poll(() => joined.getSnapshot().connection.status).toBe('live')
    expect(joined.getSnapshot()).toMatchObject({
      connection: { lastReplay: { mode: 'live' } },
      messages: [{ role: 'assistant', status: 'open', parts: [] }],
      hasOlder: true,
      run: { id: runId, status: 'streaming', model: 'large' },
      queue: [{ messageId: 'next' }],
      streaming: true,
      canInterrupt: true,
      model: 'large',
    })
    goOn()
    const turn = ({ messages }: SessionSnapshot) =>
      messages.filter(({ metadata, role }) => role === 'assistant' && metadata.runId === runId)
    await expect
      .poll(() => turn(joined.getSnapshot()))
      .toMatchObject([{ status: 'done', parts: [{ text: 'Let me see' }, { text: 'Hello' }] }])
    // The next turn is whole there: it began after the view joined.
    await expect.poll(() => joined.getSnapshot().messages.at(-1)?.status).toBe('done')
    await expect.poll(() => joined.getSnapshot().run).toBeUndefined()
    const { messages, usage, canUndo } = first.getSnapshot()
    await expect.poll(() => joined.getSnapshot().usage).toEqual(usage)
    expect(joined.getSnapshot().messages).toEqual(messages.slice(1))
    expect(joined.getSnapshot().canUndo).toBe(canUndo)
  },
)

function answerOf(view: SessionView) {
  return view.getSnapshot().messages.find(({ role }) => role === 'assistant')
}

function partsOf(view: SessionView): string {
  return JSON.stringify(answerOf(view)?.parts)
}

async function openServer(
  before: readonly AgentPart[],
  after: readonly AgentPart[],
  link: (url: string) => Link,
) {
  const goingOn = Promise.withResolvers<void>()
  const store = await createStore({ storage: memory() })
  const chat = createChatServer({
    store,
    agent: async function* () {
      yield* before
      await goingOn.promise
      yield* after
      yield { type: 'finish', usage: { inputTokens: 9, outputTokens: 3 } }
    },
    principal: () => ({ id: 'me' }),
    drain: 0,
  })
  const serving = await serve(chat)
  onTestFinished(async () => {
    await serving.close()
    await chat.close()
    await store.close()
  })
  const { id } = await store.sessions.create({ owner: 'me', title: 'Test' })
  const open = (through = (inner: Link) => inner) => {
    const client = createChatClient({ link: through(link(`${serving.url}/rpc`)) })
    const view = client.session(id)
    const leave = view.subscribe(() => {})
    onTestFinished(() => {
      leave()
      client.close()
    })
    return view
  }
  return { open, goOn: () => goingOn.resolve() }
}
