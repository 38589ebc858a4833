import type { ToolPart } from '@caughtup/schema'
import { expect, test } from 'vitest'

import { approvalState, type ApprovalState, type CallStanding } from './approval-state.ts'

const call = { type: 'dynamic-tool', toolName: 'look', toolCallId: 'c', input: {} } as const
const requested: ToolPart = { ...call, state: 'approval-requested', approval: { id: 'a' } }
const wanted: ToolPart = { ...call, state: 'input-available' }
const answered = (approved: boolean) => ({ id: 'a', approved })
const waiting = { waits: true, isOpen: true }
const notYet = { waits: false, isOpen: true }
const over = { waits: false, isOpen: false }

// What a card shows for each state of a call, by what the session says of it.
test.each<[string, ToolPart, CallStanding, ApprovalState | undefined]>([
  ['asks', requested, waiting, 'approval-requested'],
  [
    'will ask once the run waits, or the view is caught up',
    requested,
    notYet,
    'approval-requested',
  ],
  ['asks no more once the run is over', requested, over, 'unanswered'],
  ['is made here', wanted, waiting, 'output-requested'],
  ['runs on the server', wanted, notYet, undefined],
  [
    'was approved, and runs',
    { ...call, state: 'approval-responded', approval: answered(true) },
    notYet,
    'approved',
  ],
  [
    'was denied a moment ago',
    { ...call, state: 'approval-responded', approval: answered(false) },
    notYet,
    'denied',
  ],
  [
    'was denied',
    { ...call, state: 'output-denied', approval: { id: 'a', approved: false } },
    over,
    'denied',
  ],
  [
    'was approved, and is over',
    {
      ...call,
      state: 'output-available',
      output: 1,
      approval: { id: 'a', approved: true },
    },
    over,
    'approved',
  ],
  ['needed nobody', { ...call, state: 'output-available', output: 1 }, over, undefined],
  [
    'was approved by a program',
    { ...requested, approval: { id: 'a', isAutomatic: true } },
    notYet,
    undefined,
  ],
  ['is still written', { ...call, state: 'input-streaming', rawInput: '' }, notYet, undefined],
])('a call that %s', (_, part, standing, state) => {
  expect(approvalState(part, standing, false)).toBe(state)
})

test('a call that was made by a page stays answered for those who were looking', () => {
  const made: ToolPart = { ...call, state: 'output-available', output: 1 }
  expect(approvalState(made, over, true)).toBe('answered')
  expect(approvalState(wanted, notYet, true)).toBe('output-requested')
  expect(approvalState(wanted, over, true)).toBeUndefined()
})
