import { describe, expect, it } from 'vitest'

import { toolSummary } from './tool-summary.ts'

const call = { type: 'dynamic-tool', toolName: 'weather', toolCallId: 'c1' } as const

describe('toolSummary', () => {
  it('lists the fields of an input object in one line', () => {
    const input = { city: 'Bern\nBerne', days: 3 }
    expect(toolSummary({ ...call, state: 'input-available', input })).toBe(
      'city: Bern Berne, days: 3',
    )
  })

  it('shows the end of an input that streams', () => {
    const rawInput = `{"text":"${'x'.repeat(500)}end`
    expect(toolSummary({ ...call, state: 'input-streaming', rawInput })).toMatch(/^x{197}end$/)
  })

  it('shows the error of a call that failed', () => {
    const failed = { ...call, state: 'output-error', input: {}, errorText: 'no such city' } as const
    expect(toolSummary(failed)).toBe('no such city')
  })

  it('is empty for a call without input', () => {
    expect(toolSummary({ ...call, state: 'input-available', input: undefined })).toBe('')
  })
})
