import type { Message } from '@caughtup/schema'
import { describe, expect, it } from 'vitest'

import { testMessage } from '../testing/run-agent.ts'
import { summariseByExtract } from './summarise.ts'

async function summarise(messages: Message[]) {
  const { signal } = new AbortController()
  const summary = await summariseByExtract({ sessionId: 's', runId: 'r', messages, signal })
  if (typeof summary === 'string') throw new Error('There is no usage.')
  return summary
}

const readPart = (path: string): Message['parts'][number] => ({
  type: 'dynamic-tool',
  toolName: 'read_file',
  toolCallId: path,
  state: 'output-available',
  input: { path },
  output: {},
})

describe('summariseByExtract', () => {
  it('keeps each prompt with the first quote of its answer', async () => {
    const { text } = await summarise([
      testMessage(1, 'user', 'What is a cursor?'),
      testMessage(2, 'assistant', '## What is a cursor?\n\nSee:\n\n> Applied up to here.\n> More.'),
      testMessage(3, 'user', '/help'),
      testMessage(4, 'assistant', 'These commands have predictable answers:'),
    ])
    expect(text).toContain('**Summary of 4 messages**, 2 of them prompts.')
    expect(text).toContain('- What is a cursor? — Applied up to here.')
    expect(text).toContain('- /help — These commands have predictable answers:')
  })

  it('lists the files that were read, most often first', async () => {
    const { text } = await summarise([
      testMessage(1, 'user', 'Q'),
      testMessage(2, 'assistant', [readPart('a.ts'), readPart('b.ts')]),
      testMessage(3, 'user', 'Q'),
      testMessage(4, 'assistant', [readPart('b.ts')]),
    ])
    expect(text).toContain('**Files read**\n\n- `b.ts` (2 times)\n- `a.ts`')
  })

  it('counts the entries that it omits, and stays short', async () => {
    const messages = Array.from({ length: 400 }, (_, index) => [
      testMessage(2 * index + 1, 'user', `Question ${index + 1}`),
      testMessage(2 * index + 2, 'assistant', 'x'.repeat(5_000)),
    ]).flat()
    const { text } = await summarise(messages)
    expect(text).toContain('- Question 400')
    expect(text).toContain('- and 388 more')
    expect(text.length).toBeLessThan(6_000)
  })

  it('mentions an earlier summary', async () => {
    const summary = testMessage(1, 'system', '**Summary of 90 messages**, 45 of them prompts.')
    const { text } = await summarise([summary, testMessage(2, 'user', 'Q')])
    expect(text).toContain('Earlier: **Summary of 90 messages**')
  })

  it('reports its usage, so that the next context can be estimated', async () => {
    const { text, usage, systemTokens } = await summarise([testMessage(1, 'user', 'Q')])
    expect(usage!.outputTokens).toBe(Math.ceil(text.length / 4))
    expect(systemTokens).toBeGreaterThan(0)
  })
})
