import type { Part } from '@caughtup/schema'
import { describe, expect, it } from 'vitest'

import { testMessage } from '../testing/run-agent.ts'
import { toModelMessages } from './to-model-messages.ts'

const call = { type: 'dynamic-tool', toolName: 'search', toolCallId: 'c1' } as const

describe('toModelMessages', () => {
  it('sends a summary first, as a user message', async () => {
    const [summary, prompt] = await toModelMessages([
      testMessage(1, 'system', 'It was about cursors.'),
      testMessage(2, 'user', 'Go on'),
    ])
    expect(summary!.role).toBe('user')
    expect(JSON.stringify(summary)).toContain('It was about cursors.')
    expect(prompt).toMatchObject({ role: 'user', content: [{ type: 'text', text: 'Go on' }] })
  })

  it('sends calls with their results, step by step, without reasoning', async () => {
    const parts: Part[] = [
      { type: 'step-start' },
      { type: 'reasoning', text: 'hm', state: 'done' },
      { ...call, state: 'output-available', input: { query: 'x' }, output: { total: 0 } },
      { type: 'step-start' },
      { type: 'text', text: 'Nothing.', state: 'done' },
      { type: 'source-document', sourceId: 's', mediaType: 'text/plain', title: 's' },
    ]
    const messages = await toModelMessages([testMessage(1, 'assistant', parts)])
    expect(messages.map(({ role }) => role)).toEqual(['assistant', 'tool', 'assistant'])
    const text = JSON.stringify(messages)
    expect(text).toContain('"toolCallId":"c1"')
    expect(text).toContain('"total":0')
    expect(text).not.toContain('hm')
  })

  it('sends the error of a failed call', async () => {
    const parts: Part[] = [{ ...call, state: 'output-error', input: {}, errorText: 'no such file' }]
    const messages = await toModelMessages([testMessage(1, 'assistant', parts)])
    expect(JSON.stringify(messages[1])).toContain('no such file')
  })

  it('omits a call that never got a result', async () => {
    const parts: Part[] = [
      { type: 'text', text: 'Let me look.', state: 'done' },
      { ...call, state: 'input-available', input: { query: 'x' } },
    ]
    const messages = await toModelMessages([testMessage(1, 'assistant', parts)])
    expect(JSON.stringify(messages)).not.toContain('c1')
  })

  it('sends files of a prompt as files', async () => {
    const parts: Part[] = [
      { type: 'text', text: 'What is this?' },
      { type: 'file', mediaType: 'image/png', url: 'data:image/png;base64,AAAA' },
    ]
    const [message] = await toModelMessages([testMessage(1, 'user', parts)])
    expect(message!.content).toMatchObject([
      { type: 'text' },
      { type: 'file', mediaType: 'image/png' },
    ])
  })
})
