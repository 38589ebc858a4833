import { expect, test } from 'vitest'

import { claim, dismiss, edit, fail, keep, type KeptPrompt, release } from './kept-prompt.ts'

const input = { sessionId: 's', messageId: 'm', text: 'Hi', model: 'large' }
const error = { code: 'TOO_LARGE' as const, message: 'too large', data: { limit: 5 } }
const queued: KeptPrompt = { input, state: 'queued', revision: 1 }
const sending: KeptPrompt = { input, state: 'sending', revision: 2 }
const failed: KeptPrompt = { input, state: 'failed', revision: 3, error }
const other = { ...input, text: 'Ho' }

test('a prompt is kept under its id: with new content if it waits, anew if it failed, as it is while it is sent', () => {
  expect(keep(input)(undefined)).toEqual(queued)
  expect(keep(other)(queued)).toEqual({ input: other, state: 'queued', revision: 2 })
  expect(keep(input)(failed)).toEqual({ input, state: 'queued', revision: 4 })
  expect(keep(other)(sending)).toBe(sending)
})

test('what waits or was taken by a sender that may be gone can be taken; what failed or was removed cannot', () => {
  expect(claim(queued)).toEqual(sending)
  expect(claim(sending)).toEqual({ ...sending, revision: 3 })
  expect(claim(failed)).toBe(failed)
  expect(claim(undefined)).toBeUndefined()
})

test('a refused prompt waits again, unless another sender has taken it meanwhile', () => {
  expect(release(sending)(sending)).toEqual({ input, state: 'queued', revision: 3 })
  const taken = claim(sending)!
  expect(release(sending)(taken)).toBe(taken)
  expect(release(sending)(undefined)).toBeUndefined()
})

test('a prompt that failed keeps its error, and one that the session no longer has is kept no longer', () => {
  expect(fail(error)(sending)).toEqual(failed)
  expect(fail(error)(undefined)).toBeUndefined()
  const gone = { code: 'CONFLICT' as const, message: 'gone', data: { reason: 'message-gone' } }
  expect(fail(gone)(sending)).toBeUndefined()
})

test('an edit replaces the content and nothing else, of what waits and of what failed', () => {
  const parts = [{ type: 'text' as const, text: 'in parts' }]
  const { text: _, ...rest } = input
  expect(edit('Ho')(queued)).toEqual({ input: other, state: 'queued', revision: 2 })
  expect(edit(parts)(queued)?.input).toEqual({ ...rest, parts })
  expect(edit('Ho')(edit(parts)(queued))?.input).toEqual(other)
  expect(edit('Ho')(failed)).toEqual({ ...failed, input: other, revision: 4 })
  expect(edit('Ho')(sending)).toBe(sending)
  expect(edit('Ho')(undefined)).toBeUndefined()
})

test('what waits or failed can be removed, what the server may have cannot', () => {
  expect([queued, failed, undefined].map(dismiss)).toEqual([undefined, undefined, undefined])
  expect(dismiss(sending)).toBe(sending)
})
