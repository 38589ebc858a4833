import { expect, test } from 'vitest'

import { importedMessage } from './imported-message.ts'

const options = { newId: () => 'made-here', now: 5 }

test('keeps id, time and metadata', () => {
  const row = {
    id: 'm-1',
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

test.each([undefined, 'msg.1', 'x'.repeat(65)])('the id %s is replaced by a new one', (id) => {
  const row = { role: 'user', parts: [], ...(id !== undefined && { id }) } as const
  expect(importedMessage(row, options)).toMatchObject({
    id: 'made-here',
    metadata: { createdAt: 5 },
  })
})

test('text that was streaming is done', () => {
  const { parts } = importedMessage(
    { role: 'assistant', parts: [{ type: 'text', text: 'Hi', state: 'streaming' }] },
    options,
  )
  expect(parts).toEqual([{ type: 'text', text: 'Hi', state: 'done' }])
})
