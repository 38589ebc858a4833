import type { Message } from '@caughtup/schema'
import { expect, test } from 'vitest'

import { promptParts } from './prompt-parts.ts'
import { shownMessage } from './shown-message.ts'

const message = (members: Partial<Message>): Message => ({
  id: 'm',
  order: 1,
  role: 'assistant',
  parts: [],
  metadata: { createdAt: 1, finishReason: 'stop' },
  revision: 1,
  epoch: 0,
  status: 'done',
  ...members,
})
const call = { type: 'dynamic-tool', toolCallId: 'c', toolName: 'remove' } as const
const approval = { id: 'a', requestReason: 'Really?' }

test('each part is shown in the form of assistant-ui, and what it has no form for is left out', () => {
  const parts: Message['parts'] = [
    { type: 'step-start' },
    { type: 'text', text: 'Hi' },
    { type: 'reasoning', text: 'Hm' },
    { type: 'file', url: '/f', mediaType: 'image/png', filename: 'f.png' },
    { type: 'source-url', sourceId: 's', url: 'https://x.test' },
    { type: 'source-document', sourceId: 'd', title: 'D', mediaType: 'text/plain' },
    { type: 'data-note', data: 1 },
    { ...call, state: 'input-streaming', rawInput: '{"a' },
    { ...call, state: 'approval-requested', input: { path: 'x' }, approval },
    {
      ...call,
      state: 'output-available',
      input: {},
      output: 'Done',
      approval: { ...approval, approved: true },
    },
    { ...call, state: 'output-error', input: {}, errorText: 'Failed' },
    {
      ...call,
      state: 'output-denied',
      input: {},
      approval: { id: 'a', approved: false, reason: 'No' },
    },
  ]
  const shown = { type: 'tool-call', toolCallId: 'c', toolName: 'remove', argsText: '{}' }
  expect(shownMessage(message({ parts })).content).toEqual([
    { type: 'text', text: 'Hi' },
    { type: 'reasoning', text: 'Hm' },
    { type: 'file', data: '/f', mimeType: 'image/png', filename: 'f.png', sourceType: 'url' },
    { type: 'source', sourceType: 'url', id: 's', url: 'https://x.test' },
    { type: 'source', sourceType: 'document', id: 'd', title: 'D', mediaType: 'text/plain' },
    { type: 'data-note', data: 1 },
    { ...shown, argsText: '{"a' },
    { ...shown, argsText: '{"path":"x"}', approval: { id: 'a', prompt: 'Really?' } },
    { ...shown, result: 'Done', approval: { id: 'a', prompt: 'Really?', approved: true } },
    { ...shown, result: 'Failed', isError: true },
    { ...shown, result: 'No', isError: true, approval: { id: 'a', approved: false, reason: 'No' } },
  ])
  const system = message({ role: 'system', parts: [parts[1]!, parts[6]!] })
  expect(shownMessage(system).content).toBe('Hi')
})

const waiting = { ...call, state: 'input-available', input: {} } as const
const failed = { code: 'AGENT_ERROR', message: 'Out of tea' }
test.each([
  ['is written', { status: 'open' }, { type: 'running' }],
  [
    'waits',
    { status: 'open', parts: [waiting] },
    { type: 'requires-action', reason: 'tool-calls' },
  ],
  ['ended', {}, { type: 'complete', reason: 'stop' }],
  ['was stopped', reason('interrupted'), { type: 'incomplete', reason: 'cancelled' }],
  ['was lost', reason('lost'), { type: 'incomplete', reason: 'error' }],
  ['is too long', reason('length'), { type: 'incomplete', reason: 'length' }],
  [
    'failed',
    { metadata: { createdAt: 1, finishReason: 'error', error: failed } },
    { type: 'incomplete', reason: 'error', error: 'Out of tea' },
  ],
] as const)('the status of an answer that %s', (_, members, status) => {
  expect(shownMessage(message(members as Partial<Message>)).status).toEqual(status)
})

test('a prompt that is not yet seen in the session is shown as one, with its state', () => {
  const pending = {
    messageId: 'p',
    parts: [{ type: 'text', text: 'Hi' }],
    state: 'failed',
    kept: false,
  } as const
  expect(shownMessage(pending)).toEqual({
    id: 'p',
    role: 'user',
    content: [{ type: 'text', text: 'Hi' }],
    metadata: { isOptimistic: true, custom: { pending } },
  })
})

test('a prompt has the texts, images and files of the composer and of its attachments', () => {
  const parts = promptParts({
    sourceId: null,
    content: [
      { type: 'text', text: 'See' },
      { type: 'data', data: 1 },
    ],
    attachments: [
      { content: [{ type: 'image', image: 'data:image/png;base64,AA==', filename: 'a.png' }] },
      { content: [{ type: 'file', data: 'AA==', mimeType: 'text/plain' }] },
      { content: [{ type: 'file', data: '/files/b', mimeType: 'text/plain' }] },
      {},
    ],
  })
  expect(parts).toEqual([
    { type: 'text', text: 'See' },
    { type: 'file', mediaType: 'image/png', url: 'data:image/png;base64,AA==', filename: 'a.png' },
    { type: 'file', mediaType: 'text/plain', url: 'data:text/plain;base64,AA==' },
    { type: 'file', mediaType: 'text/plain', url: '/files/b' },
  ])
})

function reason(finishReason: NonNullable<Message['metadata']['finishReason']>) {
  return { metadata: { createdAt: 1, finishReason } }
}
