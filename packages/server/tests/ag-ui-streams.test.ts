import type { AgentPart } from '@caughtup/schema'
import { ManualClock, settle } from '@caughtup/schema/testing'
import { memory } from '@caughtup/store/memory'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { agUi } from '../src/ag-ui.ts'
import { openTestServer, type TestServerOptions } from './support/open-test-server.ts'
import { AgUiClient } from './support/requests/ag-ui-client.ts'
import { ScriptedAgent } from './support/scripted-agent.ts'

async function openThread(options: TestServerOptions = {}) {
  const scripted = new ScriptedAgent()
  const clock = new ManualClock()
  const server = await openTestServer({
    agent: scripted.agent,
    clock,
    storage: memory(),
    mounts: [agUi({ path: '/ag-ui' })],
    ...options,
  })
  /** Asks, and follows in the background. */
  const follow = (messages: object[] = [], as = 'me') => {
    const client = new AgUiClient()
    const leaving = new AbortController()
    const read = async () => {
      const answer = await server.chat.fetch(
        new Request('http://localhost/ag-ui', {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-principal': as },
          body: JSON.stringify({ threadId: 'thread', runId: 'run', messages }),
          signal: leaving.signal,
        }),
      )
      expect(answer.status).toBe(200)
      let text = ''
      for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
        const frames = (text + chunk).split('\n\n')
        text = frames.pop() ?? ''
        for (const frame of frames) {
          const [, data] = /^data: (.*)$/.exec(frame) ?? []
          if (data !== undefined) client.take(JSON.parse(data))
        }
      }
    }
    const over = read().catch((error: unknown) => {
      if (!leaving.signal.aborted) throw error
    })
    over.catch(() => {})
    return { client, over, leave: () => leaving.abort() }
  }
  const send = () => follow([{ id: 'u1', role: 'user', content: 'Go' }])
  /** Lets what was said reach the database, and the streams. */
  const flush = async () => {
    await settle()
    await clock.advance(40)
    await settle()
  }
  return { ...server, scripted, clock, follow, send, flush }
}

/** An answer of nothing but blanks is removed at its end, and a client that was told of it keeps an empty message. */
const word = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 6 })
  .filter((text) => text.trim() !== '')

/** The parts of an agent that belong together. */
const stretch = fc.oneof(
  fc.constant<AgentPart[]>([{ type: 'start-step' }]),
  word.map((text): AgentPart[] => [{ type: 'text-delta', text }]),
  fc
    .tuple(fc.nat(), fc.array(word, { minLength: 1, maxLength: 3 }))
    .map(([n, texts]): AgentPart[] => {
      const id = `r${n}`
      const said = texts.map((text) => ({ type: 'reasoning-delta' as const, id, text }))
      return [{ type: 'reasoning-start', id }, ...said, { type: 'reasoning-end', id }]
    }),
  fc
    .record({
      id: fc.uuid(),
      input: fc.dictionary(fc.constantFrom('a', 'b', 'ü'), fc.jsonValue({ maxDepth: 1 })),
      spaces: fc.boolean(),
      cut: fc.nat(),
      streams: fc.boolean(),
      end: fc.constantFrom('result', 'error'),
      output: fc.jsonValue({ maxDepth: 1 }),
    })
    .map(({ id, input, spaces, cut, streams, end, output }): AgentPart[] => {
      const text = JSON.stringify(input, undefined, spaces ? 1 : 0)
      const at = cut % (text.length + 1)
      const deltas = [text.slice(0, at), text.slice(at)].filter((delta) => delta !== '')
      const called = { toolCallId: id, toolName: 'look', input }
      return [
        ...(streams
          ? [
              { type: 'tool-input-start' as const, id, toolName: 'look' },
              ...deltas.map((delta) => ({ type: 'tool-input-delta' as const, id, delta })),
            ]
          : []),
        { type: 'tool-call', ...called },
        end === 'result'
          ? { type: 'tool-result', ...called, output }
          : { type: 'tool-error', ...called, error: new Error('It broke.') },
      ]
    }),
  // Two at once.
  fc
    .tuple(fc.uuid(), fc.uuid())
    .filter(([a, b]) => a !== b)
    .map(([a, b]): AgentPart[] => [
      { type: 'text-start', id: a },
      { type: 'text-start', id: b },
      { type: 'text-delta', id: b, text: 'b' },
      { type: 'text-end', id: b },
      { type: 'text-delta', id: a, text: 'a' },
      { type: 'tool-input-start', id: a, toolName: 'one' },
      { type: 'tool-input-start', id: b, toolName: 'other' },
      { type: 'tool-input-delta', id: b, delta: '{}' },
      { type: 'tool-call', toolCallId: b, toolName: 'other', input: {} },
      { type: 'tool-result', toolCallId: b, toolName: 'other', input: {}, output: 1 },
      { type: 'tool-input-delta', id: a, delta: '{}' },
      { type: 'tool-call', toolCallId: a, toolName: 'one', input: {} },
      { type: 'text-end', id: a },
      { type: 'tool-result', toolCallId: a, toolName: 'one', input: {}, output: 2 },
    ]),
  fc
    .jsonValue({ maxDepth: 1 })
    .map((data): AgentPart[] => [{ type: 'data-state', id: 'state', data }]),
)

/** What may happen between two parts. */
const between = fc.constantFrom('flush', 'flush', 'join', 'leave', 'nothing', 'nothing')

test('a client of AG-UI that joins at any moment is told all of an answer, each thing opened once and closed', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(stretch, { maxLength: 6 }),
      fc.infiniteStream(between),
      async (stretches, events) => {
        const { scripted, follow, send, flush, errors } = await openThread()
        const following = [send()]
        const run = await scripted.run()
        for (const part of stretches.flat()) {
          run.yield(part)
          const { value: event } = events.next()
          if (event === 'flush') await flush()
          if (event === 'join') following.push(follow())
          if (event === 'leave' && following.length > 1) following.pop()?.leave()
        }
        run.finish()
        await flush()
        await Promise.all(following.map(({ over }) => over))
        const late = follow()
        await late.over
        const said = stretches.flat().map((part) => (part.type === 'text-delta' ? part.text : ''))
        const texts = late.client.messages.map(({ role, content }) =>
          role === 'assistant' && typeof content === 'string' ? content : '',
        )
        expect(texts.join('')).toBe(said.join(''))
        for (const { client } of following) {
          expect(client.shown()).toEqual(late.client.shown())
          expect(client.state).toEqual(late.client.state)
          expect(client.events.at(-1)).toMatchObject({ type: 'RUN_FINISHED' })
        }
        // Of its tools.
        expect(errors.filter(({ error }) => !String(error).includes('It broke.'))).toEqual([])
      },
    ),
    { numRuns: 60 },
  )
})

describe('a stream of AG-UI', () => {
  test('of a run that fails ends with the error, behind what was said', async () => {
    const { scripted, send, flush } = await openThread()
    const { client, over } = send()
    const run = await scripted.run()
    run.say('Half')
    await flush()
    run.fail(new Error('secret'))
    await flush()
    await over
    expect(client.events.at(-1)).toMatchObject({ type: 'RUN_ERROR' })
    expect(client.shown().at(-1)).toEqual([expect.anything(), 'assistant', 'Half', []])
    expect(JSON.stringify(client.events)).not.toContain('secret')
  })

  test('of a run that waits closes what its agent left open, also for those who come later', async () => {
    const { scripted, follow, send, flush } = await openThread()
    const first = send()
    const run = await scripted.run()
    run.say('May I?')
    await flush()
    const toolCall = { toolCallId: 'c1', toolName: 'remove', input: {} }
    run.yield({ type: 'tool-call', ...toolCall })
    run.yield({ type: 'tool-approval-request', approvalId: 'ask', toolCall })
    run.finish()
    await flush()
    await first.over
    const late = follow()
    await late.over
    for (const { client } of [first, late]) {
      expect(client.shown().at(-1)).toEqual([
        expect.anything(),
        'assistant',
        'May I?',
        [['c1', 'remove', {}]],
      ])
      expect(client.events.at(-1)).toMatchObject({
        type: 'RUN_FINISHED',
        outcome: { type: 'interrupt', interrupts: [{ id: 'ask' }] },
      })
    }
  })

  test('that begins in the middle keeps the place of a text that still grows', async () => {
    const { scripted, follow, send, flush } = await openThread()
    const first = send()
    const run = await scripted.run()
    run.say('One ')
    run.yield({ type: 'reasoning-start', id: 'r' })
    run.yield({ type: 'reasoning-delta', id: 'r', text: 'Hm' })
    run.yield({ type: 'reasoning-end', id: 'r' })
    await flush()
    const joined = follow()
    await flush()
    run.finish()
    await flush()
    await Promise.all([first.over, joined.over])
    for (const { client } of [first, joined]) {
      expect(client.shown().map(([, role, content]) => [role, content])).toEqual([
        ['user', 'Go'],
        ['assistant', 'One '],
        ['reasoning', 'Hm'],
      ])
    }
  })

  test('that is taken from its client ends with an error', async () => {
    const { scripted, follow, send, flush, client: as, errors } = await openThread()
    const owner = send()
    const run = await scripted.run()
    await as().sessions.addMember({ sessionId: 'thread', principal: 'bob' })
    const bob = follow([], 'bob')
    run.say('Half')
    await flush()
    await as().sessions.removeMember({ sessionId: 'thread', principal: 'bob' })
    await bob.over
    expect(bob.client.events.at(-1)).toMatchObject({ type: 'RUN_ERROR', code: 'NOT_FOUND' })
    run.finish()
    await flush()
    await owner.over
    expect(errors).toEqual([])
  })
})
