import { expect, test } from 'vitest'

import type { EventDraft } from './drafts.ts'
import { type Event, eventTypes } from './event.ts'
import { messagesOf } from './messages-of.ts'

const message = { id: 'm' }
const prompt = { kind: 'agent', messageId: 'm' }

test.each([
  { type: 'message-created', message },
  { type: 'message-delta', messageId: 'm' },
  { type: 'message-finished', messageId: 'm' },
  { type: 'message-deleted', messageId: 'm' },
  { type: 'message-replaced', message },
  { type: 'message-erased', messageIds: ['m'] },
  { type: 'boundary', summary: message },
  { type: 'history-restored', messages: [message] },
  { type: 'queue-changed', add: prompt },
  { type: 'queue-changed', replace: prompt },
])('the event %j names its message', (body) => {
  expect(messagesOf(body as unknown as Event)).toEqual(['m'])
})

test.each([
  { type: 'message-replaced', messageId: 'm' },
  { type: 'history-truncated', after: 'm' },
  { type: 'imported', messages: [message] },
])('the draft %j names its message', (body) => {
  expect(messagesOf(body as unknown as EventDraft)).toEqual(['m'])
})

test.each([
  { type: 'boundary' },
  { type: 'history-truncated', after: 3 },
  { type: 'history-truncated', undo: true },
  { type: 'history-restored' },
  { type: 'imported', count: 1, first: 1, last: 1 },
  { type: 'queue-changed', remove: 'r' },
  { type: 'queue-changed', add: { kind: 'reset' } },
  { type: 'of-a-newer-server' },
])('%j names no message', (body) => {
  expect(messagesOf(body as unknown as Event)).toEqual([])
})

test('every type that touches no message names none', () => {
  const none = ['run-started', 'run-changed', 'run-ended', 'usage', 'redacted', 'unreadable']
  for (const type of eventTypes.filter((each) => none.includes(each))) {
    expect(messagesOf({ type } as Event)).toEqual([])
  }
})
