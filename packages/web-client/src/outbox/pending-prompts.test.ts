import { emptyView } from '@caughtup/schema/fold'
import { expect, test } from 'vitest'

import { Recording } from '../../tests/support/recording.ts'
import { markAnswered, type OutboxPrompt, showOutbox } from './pending-prompts.ts'

const prompt = (messageId: string, more: Partial<OutboxPrompt> = {}): OutboxPrompt => ({
  input: { sessionId: 's', messageId, text: messageId },
  state: 'queued',
  revision: 1,
  ...more,
})
const shownOf = (pending: ReturnType<typeof showOutbox>) =>
  pending.map(({ shown }) => `${shown.messageId} ${shown.state}`)

test('what the outbox has is shown in its order, with its state and whether it is kept', () => {
  const error = { code: 'TOO_LARGE' as const, message: '', data: {} }
  const prompts = [prompt('b', { state: 'failed', error, kept: true }), prompt('a')]
  expect(showOutbox([], prompts, emptyView).map(({ shown }) => shown)).toEqual([
    { messageId: 'b', parts: [{ type: 'text', text: 'b' }], state: 'failed', error, kept: true },
    { messageId: 'a', parts: [{ type: 'text', text: 'a' }], state: 'queued', kept: false },
  ])
})

test('what did not change keeps its identity, and all of it if nothing changed', () => {
  const [a, b] = [prompt('a'), prompt('b')]
  const pending = showOutbox([], [a, b], emptyView)
  expect(showOutbox(pending, [a, b], emptyView)).toBe(pending)
  const next = showOutbox(pending, [a, { ...b, state: 'sending' }], emptyView)
  expect(next[0]).toBe(pending[0])
  expect(shownOf(next)).toEqual(['a queued', 'b sending'])
})

test('what was answered stays until it is seen, before what was not', () => {
  const [a, b] = [prompt('a'), prompt('b')]
  const answered = markAnswered(showOutbox([], [a, b], emptyView), 'b')
  expect(shownOf(showOutbox(answered, [a, b], emptyView))).toEqual(['b sent', 'a queued'])
  expect(shownOf(showOutbox(answered, [a], emptyView))).toEqual(['b sent', 'a queued'])
})

test('what is in the session is not shown, though its answer did not come', () => {
  const recording = new Recording()
  recording.message('a', 'user', 'a')
  const prompts = [prompt('a', { state: 'sending' }), prompt('b')]
  expect(shownOf(showOutbox([], prompts, recording.viewAt()))).toEqual(['b queued'])
})
