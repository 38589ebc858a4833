import { expect, test } from 'vitest'

import { importedMessage } from './imported-message.ts'

const options = { id: 'm-1', now: 5 }

test('keeps time and metadata', () => {
  const row = {
    role: 'assistant',
    parts: [{ type: 'text', text: 'Hi' }],
    createdAt: 3,
    metadata: { model: 'm' },
  } as const
  expect(importedMessage(row, options)).toEqual({
    id: 'm-1',
    role: 'assistant',
    parts: [{ type: 'text', text: 'Hi' }],
    metadata: { model: 'm', createdAt: 3 },
    status: 'done',
  })
})

test('gets the current time if the row has none', () => {
  const { metadata } = importedMessage({ role: 'user', parts: [] }, options)
  expect(metadata).toEqual({ createdAt: 5 })
})

test('text that was streaming is done', () => {
  const { parts } = importedMessage(
    { role: 'assistant', parts: [{ type: 'text', text: 'Hi', state: 'streaming' }] },
    options,
  )
  expect(parts).toEqual([{ type: 'text', text: 'Hi', state: 'done' }])
})
