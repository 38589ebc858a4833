import { describe, expect, test } from 'vitest'

import type { FinishReason } from '../model/finish-reason.ts'
import type { Part, ToolPart } from '../model/part.ts'
import { settleParts } from './settle-parts.ts'

const call = { type: 'dynamic-tool', toolName: 'read', toolCallId: 'c' } as const
const input = { path: 'x' }
const approval = { id: 'p' }
const failed = {
  ...call,
  state: 'output-error',
  errorText: 'The message ended before the tool call had a result.',
} as const

describe('a call in a message that ended', () => {
  test.each<[string, ToolPart, ToolPart]>([
    [
      'with its input whole failed',
      { ...call, state: 'input-available', input },
      { ...failed, input },
    ],
    [
      'whose input had just come whole has it',
      { ...call, state: 'input-streaming', rawInput: '{"path":"x"}' },
      { ...failed, input },
    ],
    [
      'whose input was cut keeps its text, and gives a model an empty one',
      { ...call, state: 'input-streaming', rawInput: '{"path":"x' },
      { ...failed, input: {}, rawInput: '{"path":"x' },
    ],
    [
      'whose input had not begun has an empty one',
      { ...call, state: 'input-streaming', rawInput: '' },
      { ...failed, input: {} },
    ],
    [
      'whose input is a text has as much as came',
      { ...call, state: 'input-streaming', rawInput: '{"a', inputEncoding: 'text' },
      { ...failed, input: '{"a' },
    ],
    [
      'whose input has an own __proto__ is without it',
      { ...call, state: 'input-streaming', rawInput: '{"\\u005f_proto__":1,"path":"x"}' },
      { ...failed, input },
    ],
    [
      'that waited for leave failed without it',
      { ...call, state: 'approval-requested', input, approval },
      { ...failed, input },
    ],
    [
      'that had leave failed with it',
      { ...call, state: 'approval-responded', input, approval: { ...approval, approved: true } },
      { ...failed, input, approval: { ...approval, approved: true } },
    ],
    [
      'that was refused is denied',
      { ...call, state: 'approval-responded', input, approval: { ...approval, approved: false } },
      { ...call, state: 'output-denied', input, approval: { ...approval, approved: false } },
    ],
    [
      'whose result was not its last has that one',
      { ...call, state: 'output-available', input, output: 1, preliminary: true },
      { ...call, state: 'output-available', input, output: 1 },
    ],
  ])('%s', (_, before, after) => {
    expect(settleParts([before], 'stop')).toEqual([after])
    expect(settleParts([after], 'lost')).toEqual([after])
  })

  test.each<[FinishReason, string]>([
    ['interrupted', 'The tool call was interrupted before it had a result.'],
    ['lost', 'The tool call was lost: its process stopped before it had a result.'],
    ['error', failed.errorText],
    ['tool-calls', failed.errorText],
  ])('for the reason %s says so', (reason, errorText) => {
    expect(settleParts([{ ...call, state: 'input-available', input }], reason)).toEqual([
      { ...failed, input, errorText },
    ])
  })
})

test('finished parts keep their identity', () => {
  const parts: Part[] = [
    { type: 'text', text: 'a', state: 'done' },
    { type: 'step-start' },
    { ...failed, input },
  ]
  const settled = settleParts(
    [...parts, { type: 'reasoning', text: 'b', state: 'streaming' }],
    'stop',
  )
  parts.forEach((part, index) => expect(settled[index]).toBe(part))
  expect(settled[3]).toEqual({ type: 'reasoning', text: 'b', state: 'done' })
})
