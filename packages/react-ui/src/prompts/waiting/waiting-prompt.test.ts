import { expect, test } from 'vitest'

import { canDo, fromOutbox, fromQueue, type WaitingAction } from './waiting-prompt.ts'

const actions: readonly WaitingAction[] = ['retry', 'steer', 'edit', 'remove']
const parts = [{ type: 'text' as const, text: 'Hi' }]
const queued = { runId: 'r', queuedAt: 1 }
const agent = { ...queued, kind: 'agent' as const, messageId: 'm', parts }
const pending = { messageId: 'm', parts, kept: true }

test.each([
  ['a queued prompt', fromQueue(agent), 'queued', 'steer edit remove'],
  [
    'one that is offered to the answer',
    fromQueue({ ...agent, steer: true }),
    'steering',
    'edit remove',
  ],
  ['an answer that is given again', fromQueue({ ...agent, retry: true }), 'queued', 'remove'],
  [
    'a compaction',
    fromQueue({ ...queued, kind: 'compaction', trigger: 'user' }),
    'queued',
    'remove',
  ],
  [
    'a prompt without a network',
    fromOutbox({ ...pending, state: 'queued' }),
    'unsent',
    'edit remove',
  ],
  ['one on its way', fromOutbox({ ...pending, state: 'sending' }), 'sending', ''],
  ['one that the server has', fromOutbox({ ...pending, state: 'sent' }), 'sending', ''],
  ['one that failed', fromOutbox({ ...pending, state: 'failed' }), 'failed', 'retry edit remove'],
] as const)('of %s it is known what can be done', (_, waiting, state, expected) => {
  expect(waiting.state).toBe(state)
  expect(actions.filter((action) => canDo(waiting, action)).join(' ')).toBe(expected)
})
