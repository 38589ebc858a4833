import type { AgentPart, ChatSchemas, Message } from '@caughtup/schema'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'

import { createChatServer } from '../src/create-chat-server.ts'
import type { PrincipalId } from '../src/host/principal.ts'
import { openTestServer, type TestServerOptions } from './support/open-test-server.ts'

const schemas = {
  data: { progress: z.object({ percent: z.number().max(100), unit: z.string().default('%') }) },
  tools: {
    weather: {
      inputSchema: z.object({ city: z.string().min(2), days: z.number().default(1) }),
      outputSchema: z.object({ degrees: z.number(), sky: z.string().default('clear') }),
    },
    anything: { inputSchema: z.object({}) },
  },
} satisfies ChatSchemas

const call = (input: unknown, toolName = 'weather'): AgentPart => ({
  type: 'tool-call',
  toolCallId: 'a',
  toolName,
  input,
})
const result = (output: unknown, toolName = 'weather'): AgentPart => ({
  type: 'tool-result',
  toolCallId: 'a',
  toolName,
  input: { city: 'Bern' },
  output,
})

/** The parts of the answer of an agent that yields these, and the error of its run. */
async function answered(parts: AgentPart[], options: TestServerOptions = {}) {
  const server = await openTestServer({
    schemas,
    agent: async function* () {
      yield* parts
      yield { type: 'text-delta', text: 'end' }
    },
    ...options,
  })
  const client = server.client()
  const { id: sessionId } = await client.sessions.create()
  const { runId } = await client.messages.send({ sessionId, text: 'Hi' })
  const state = async () => (await server.store.head(sessionId)).head
  await expect.poll(async () => (await state()).run?.status ?? 'ended').not.toBe('streaming')
  const answer = async (): Promise<Message> =>
    (await server.store.window(sessionId)).messages.find(({ role }) => role === 'assistant')!
  const { parts: kept, metadata } = await answer()
  return { ...server, client, sessionId, runId, kept, error: metadata.error, answer, state }
}

describe('a declared tool', () => {
  test('has inputs and outputs as its schemas make them', async () => {
    const { kept, error } = await answered([call({ city: 'Bern' }), result({ degrees: 7 })])
    expect(error).toBeUndefined()
    expect(kept[0]).toMatchObject({
      state: 'output-available',
      input: { city: 'Bern', days: 1 },
      output: { degrees: 7, sky: 'clear' },
    })
  })

  test.each([
    ['a wrong input', call({ city: 'B' }), /^input\.city: /],
    ['an undeclared name', call({}, 'wether'), /no tool of this name: wether/],
    ['a name of objects', call({}, 'constructor'), /no tool of this name: constructor/],
  ])('fails with %s, and the answer goes on', async (_, wrong, words) => {
    const { kept, error, errors } = await answered([wrong])
    expect(error).toBeUndefined()
    expect(kept).toMatchObject([
      { state: 'output-error', errorText: expect.stringMatching(words) },
      { text: 'end' },
    ])
    expect(errors).toHaveLength(1)
  })

  test('that is refused fails once, also if the stream says so itself', async () => {
    const failed: AgentPart = {
      type: 'tool-error',
      toolCallId: 'a',
      toolName: 'wether',
      input: {},
      error: 'unavailable',
    }
    const { kept, error, errors } = await answered([call({}, 'wether'), failed])
    expect(error).toBeUndefined()
    expect(kept).toMatchObject([
      { state: 'output-error', errorText: expect.stringMatching(/no tool of this name/) },
      { text: 'end' },
    ])
    expect(errors).toHaveLength(1)
  })

  test('has its result, also if an earlier call of the same id was refused', async () => {
    const { kept, error } = await answered([
      call({ city: 'B' }),
      { type: 'start-step' },
      call({ city: 'Bern' }),
      result({ degrees: 7 }),
    ])
    expect(error).toBeUndefined()
    expect(kept).toMatchObject([
      { state: 'output-error' },
      { type: 'step-start' },
      { state: 'output-available', output: { degrees: 7 } },
      { text: 'end' },
    ])
  })

  test.each<[string, AgentPart[], RegExp]>([
    ['a result of a refused call', [call({ city: 'B' }), result({ degrees: 1 })], /refused/],
    [
      'a wrong output',
      [call({ city: 'Bern' }), result({ degrees: 'x' })],
      /weather\.output\.degrees/,
    ],
    ['a result of an undeclared tool', [result({}, 'wether')], /no tool of this name/],
    [
      'an approval of a wrong input',
      [
        {
          type: 'tool-approval-request',
          approvalId: 'x',
          toolCall: { toolCallId: 'a', toolName: 'weather', input: { city: 1 } },
        },
      ],
      /weather\.input\.city/,
    ],
  ])('ends the run with an error after %s', async (_, parts, words) => {
    const { error, errors, kept } = await answered(parts)
    expect(error).toMatchObject({ code: expect.any(String) })
    expect(String(Object(errors.at(-1)?.error).cause)).toMatch(words)
    expect(kept).not.toContainEqual(expect.objectContaining({ state: 'output-available' }))
  })

  test('takes only an output of its schema from a client', async () => {
    const { client, sessionId, runId, answer, state } = await answered([call({ city: 'Bern' })], {
      agent: async function* ({ messages }) {
        if (messages.at(-1)?.role === 'user') yield call({ city: 'Bern' })
      },
    })
    const respond = (output: unknown) =>
      client.runs.respond({ sessionId, runId, toolCallId: 'a', output })
    await expect(respond({ degrees: 'hot' })).rejects.toMatchObject({
      code: 'BAD_INPUT',
      data: { field: 'output.degrees', value: 'hot' },
    })
    expect((await state()).run?.status).toBe('waiting')
    expect(await respond({ degrees: 3 })).toEqual({ resumed: true })
    await expect.poll(async () => (await state()).run).toBeUndefined()
    expect((await answer()).parts).toMatchObject([{ output: { degrees: 3, sky: 'clear' } }])
  })
})

describe('declared data', () => {
  test('are stored and told as their schema makes them', async () => {
    const { kept } = await answered([{ type: 'data-progress', data: { percent: 5 } }])
    expect(kept[0]).toEqual({ type: 'data-progress', data: { percent: 5, unit: '%' } })
  })

  test.each([
    ['a wrong value', { type: 'data-progress', data: { percent: 101 } }, /data-progress\.percent/],
    [
      'an undeclared name',
      { type: 'data-other', data: 1 },
      /no data part of this name: data-other/,
    ],
  ] as const)('end the run with an error after %s', async (_, part, words) => {
    const { error, errors, kept } = await answered([part])
    expect(error).toBeDefined()
    expect(String(Object(errors[0]?.error).cause)).toMatch(words)
    expect(kept).not.toContainEqual(expect.objectContaining({ type: part.type }))
  })

  test('that are transient are dropped if they are wrong, and reported', async () => {
    const wrong = { type: 'data-progress', data: { percent: 101 }, transient: true } as const
    const { error, errors, kept } = await answered([wrong, wrong])
    expect(error).toBeUndefined()
    expect(kept).toMatchObject([{ text: 'end' }])
    expect(String(errors[0]?.error)).toMatch(/data-progress\.percent/)
    expect(errors).toHaveLength(1)
  })
})

describe('declared metadata of messages', () => {
  const messageMetadata = z.object({ mood: z.string().max(9), stars: z.number().default(1) })
  const merging = z.object({ mood: z.string().optional(), stars: z.number().max(5).optional() })
  const mood = (value: string) =>
    ({ type: 'message-metadata', messageMetadata: { mood: value } }) as const
  const stars = (value: number) =>
    ({ type: 'message-metadata', messageMetadata: { stars: value } }) as const

  test('are those of an answer as the schema makes them', async () => {
    const { answer, error } = await answered([mood('calm')], { schemas: { messageMetadata } })
    expect(error).toBeUndefined()
    expect((await answer()).metadata.custom).toEqual({ mood: 'calm', stars: 1 })
  })

  test('are validated together with what the answer has', async () => {
    const needed = z.object({ mood: z.string(), stars: z.number().optional() })
    const { answer, error } = await answered([mood('calm'), stars(2)], {
      schemas: { messageMetadata: needed },
    })
    expect(error).toBeUndefined()
    expect((await answer()).metadata.custom).toEqual({ mood: 'calm', stars: 2 })
  })

  test('end the run with an error if they are wrong, and keep what was there', async () => {
    const schemas = { messageMetadata: merging }
    const { answer, error, errors } = await answered([mood('calm'), stars(6)], { schemas })
    expect(error).toBeDefined()
    expect(String(Object(errors[0]?.error).cause)).toMatch(/messageMetadata\.stars/)
    expect((await answer()).metadata.custom).toEqual({ mood: 'calm' })
  })

  test('come with a prompt as the schema makes them, and what does not fit is refused', async () => {
    const { client, store } = await openTestServer({ schemas: { messageMetadata } })
    const { id: sessionId } = await client().sessions.create()
    const send = (custom: object) =>
      client().messages.send({ sessionId, text: 'Hi', messageId: 'm', custom: custom as never })
    await expect(send({ mood: 'far too long' })).rejects.toMatchObject({
      code: 'BAD_INPUT',
      data: { field: 'custom.mood', value: 'far too long' },
    })
    expect((await store.window(sessionId)).messages).toEqual([])
    await send({ mood: 'glad' })
    const resend = (custom: object) =>
      client().messages.resend({
        sessionId,
        messageId: 'm',
        newMessageId: 'n',
        text: 'Ho',
        custom: custom as never,
      })
    await expect(resend({})).rejects.toMatchObject({ data: { field: 'custom.mood' } })
    const prompt = await store.message(sessionId, 'm')
    expect(prompt?.metadata.custom).toEqual({ mood: 'glad', stars: 1 })
    await resend({ mood: 'sad', stars: 3 })
    expect((await store.message(sessionId, 'n'))?.metadata.custom).toEqual({
      mood: 'sad',
      stars: 3,
    })
  })
})

describe('a declared principal', () => {
  const principal = z.object({ id: z.string(), tenant: z.string().default('none') })

  test('gets to `can` as its schema makes it', async () => {
    const asked: PrincipalId[] = []
    const { client } = await openTestServer({
      schemas: { principal },
      can: (who) => asked.push(who) > 0,
    })
    await client('ann').sessions.list()
    expect(asked).toEqual([{ id: 'ann', tenant: 'none' }])
  })

  test('that is refused is an error of the server, without details', async () => {
    const { client, errors } = await openTestServer({
      schemas: { principal: principal.extend({ key: z.literal('secret') }) },
    })
    const made = await client()
      .sessions.list()
      .catch((error: unknown) => error)
    expect(made).toMatchObject({ code: 'INTERNAL_SERVER_ERROR' })
    expect(JSON.stringify(made)).not.toContain('secret')
    expect(errors).toHaveLength(1)
    expect(String(Object(errors[0]?.error).cause)).toContain('principal.key')
  })
})

test.each([
  ['principal', { principal: {} }],
  ['messageMetadata', { messageMetadata: 1 }],
  ['data.progress', { data: { progress: undefined } }],
  ['tools.weather.inputSchema', { tools: { weather: {} } }],
  ['tools.weather.outputSchema', { tools: { weather: { inputSchema: z.any(), outputSchema: 1 } } }],
])('a server refuses a declaration of %s that is no Standard Schema', async (name, wrong) => {
  const { store } = await openTestServer()
  const required = { store, agent: async function* () {}, principal: () => ({ id: 'me' }) }
  expect(() => createChatServer({ ...required, schemas: wrong as ChatSchemas })).toThrow(
    `\`schemas.${name}\` must be a Standard Schema`,
  )
})
