import { expect, test } from 'vitest'

import type { Part, ToolPart } from '../model/part.ts'
import { endChunk } from './end-chunk.ts'
import { messageChunks, type Shown } from './message-chunks.ts'

const metadata = { createdAt: 1 }
const message = (...parts: Part[]): Shown => ({ id: 'answer', parts, metadata })
const text = (words: string, state: 'streaming' | 'done' = 'streaming'): Part => ({
  type: 'text',
  text: words,
  state,
})
const call = { type: 'dynamic-tool', toolName: 'read', toolCallId: 'call' } as const
const waits: ToolPart = { ...call, state: 'input-available', input: { a: 1 } }
const asks: ToolPart = { ...waits, state: 'approval-requested', approval: { id: 'ask' } }
const answered: ToolPart = { ...waits, state: 'output-available', output: 2 }
const typesOf = (before: Shown | undefined, after: Shown) =>
  messageChunks(before, after)?.map(({ type }) => type)

test('a message begins with its id and its metadata', () => {
  expect(messageChunks(undefined, message(text('Hi')))).toEqual([
    { type: 'start', messageId: 'answer', messageMetadata: metadata },
    { type: 'text-start', id: '0' },
    { type: 'text-delta', id: '0', delta: 'Hi' },
  ])
})

test('what was shown is not said again', () => {
  const before = message(text('Hi'))
  expect(messageChunks(before, message(text('Hi there', 'done')))).toEqual([
    { type: 'text-delta', id: '0', delta: ' there' },
    { type: 'text-end', id: '0' },
  ])
  expect(messageChunks(before, { ...before })).toEqual([])
})

test('a call that waits is made by the client, and one that is past that is not', () => {
  expect(typesOf(undefined, message(waits))).toEqual(['start', 'tool-input-available'])
  expect(messageChunks(message(waits), message(answered))).toEqual([
    { type: 'tool-output-available', toolCallId: 'call', output: 2 },
  ])
  const silently = ['start', 'tool-input-start', 'tool-input-delta']
  expect(typesOf(undefined, message(answered))).toEqual([...silently, 'tool-output-available'])
  expect(typesOf(undefined, message(asks))).toEqual([...silently, 'tool-approval-request'])
})

test('calls of one id are told apart', () => {
  const chunks = messageChunks(message(answered), message(answered, waits))
  expect(chunks).toMatchObject([{ type: 'tool-input-available', toolCallId: 'call#1' }])
})

test('approvals of one id cannot be told apart', () => {
  const other: ToolPart = { ...asks, toolCallId: 'other' }
  expect(messageChunks(undefined, message(asks, other))).toBeUndefined()
})

test.each([
  ['another message', message(), { ...message(), id: 'other' }],
  ['another text', message(text('Hi')), message(text('Ho!'))],
  ['a shorter text', message(text('Hi')), message(text('H'))],
  ['text after its end', message(text('Hi', 'done')), message(text('Hi there', 'done'))],
  ['fewer parts', message(text('Hi'), waits), message(text('Hi'))],
  ['other parts', message(text('Hi')), message(waits)],
  ['another call', message(waits), message({ ...waits, toolCallId: 'other' })],
  [
    'another input of a call of an earlier step',
    message(waits, { type: 'step-start' }),
    message({ ...waits, input: {} }, { type: 'step-start' }),
  ],
  ['less metadata', { ...message(), metadata: { createdAt: 1, model: 'm' } }, message()],
])('%s cannot be added', (_, before, after) => {
  expect(messageChunks(before, after)).toBeUndefined()
})

test('metadata is merged by clients, so what is gone from it is taken away first', () => {
  const before = { ...message(), metadata: { createdAt: 1, custom: { a: { b: 1, c: 2 } } } }
  const after = { ...message(), metadata: { createdAt: 1, custom: { a: { b: 1 } } } }
  expect(messageChunks(before, after)).toEqual([
    { type: 'message-metadata', messageMetadata: { custom: null } },
    { type: 'message-metadata', messageMetadata: { custom: { a: { b: 1 } } } },
  ])
})

test('a message ends for a reason that the AI SDK knows, and a failed one with its error', () => {
  const done = { status: 'done', metadata: { createdAt: 1, finishReason: 'lost' } } as const
  expect(endChunk(done)).toEqual({ type: 'finish', finishReason: 'interrupted' })
  const error = { code: 'AGENT', message: 'Try again.' }
  const failed = { ...done, metadata: { createdAt: 1, finishReason: 'error', error } } as const
  expect(endChunk(failed)).toEqual({ type: 'error', errorText: 'Try again.' })
  const open = { ...done, status: 'open' } as const
  expect(endChunk(open)).toBeUndefined()
  expect(endChunk(open, { waiting: true })).toEqual({
    type: 'finish',
    finishReason: 'tool-calls',
  })
})
