import { ManualClock } from '@caughtup/schema/testing'
import { describe, expect, it } from 'vitest'

import { createRepoTools } from '../repository/repo-tools.ts'
import { Repository } from '../repository/repository.ts'
import { SearchIndex } from '../repository/search-index.ts'
import { collect, partsOf, testContext, testMessage, textOf } from '../testing/run-agent.ts'
import { checkoutWith } from '../testing/test-repository.ts'
import { createCommands } from './create-commands.ts'
import { routeAgent } from './route-agent.ts'
import { sayText } from '../text/speak.ts'

async function testAgent({ clock = new ManualClock(), perSecond = Infinity } = {}) {
  const root = checkoutWith({
    'package.json': '{\n  "name": "tested"\n}\n',
    LICENSE: 'Tested License\n',
  })
  const repository = await Repository.open(root)
  const tools = createRepoTools(repository, new SearchIndex(repository))
  return routeAgent({
    commands: createCommands(tools),
    agent: ({ pace }) => sayText('an answer', 'answer', pace),
    clock,
    tokensPerSecond: () => perSecond,
  })
}

const ask = async (prompt: string) => collect((await testAgent())(testContext(prompt)))

describe('commands', () => {
  it('count to N, one number per part', async () => {
    const parts = await ask('/count 12')
    expect(textOf(parts)).toBe('1 2 3 4 5 6 7 8 9 10 11 12')
    expect(partsOf(parts, 'text-delta')).toHaveLength(12)
  })

  it('count at the requested rate', async () => {
    const clock = new ManualClock()
    const agent = await testAgent({ clock, perSecond: 1 })
    let counted = 0
    const done = (async () => {
      for await (const part of await agent(testContext('/count 100 10'))) {
        if (part.type === 'text-delta') counted++
      }
    })()
    await clock.advance(5_000)
    expect(counted).toBe(51)
    await clock.advance(4_900)
    await done
    expect(counted).toBe(100)
  })

  it.each([
    ['/count', 'N is missing. It must be a whole number from 1 to 100,000. Try `/count 3000 200`.'],
    ['/count 0', 'N must be a whole number from 1 to 100,000, not “0”.'],
    ['/count 100001', 'N must be a whole number from 1 to 100,000, not “100001”.'],
    ['/count 5 20000', 'The rate must be a whole number from 1 to 10,000, not “20000”.'],
    ['/count 5 5 5', 'Unexpected: “5”.'],
  ])('explain the mistake in %s', async (prompt, words) => {
    expect(textOf(await ask(prompt))).toContain(words)
  })

  it('ask before they read a file, and act on the answer', async () => {
    const agent = await testAgent()
    const prompt = testMessage(1, 'user', '/approve')
    const asked = await collect(agent(testContext([prompt])))
    expect(asked.at(-1)).toMatchObject({ type: 'tool-approval-request', approvalId: 'read' })
    const answered = (approved: boolean) => {
      const answer = testMessage(2, 'assistant', [
        {
          type: 'dynamic-tool',
          toolCallId: 'read',
          toolName: 'read',
          input: {},
          state: 'approval-responded',
          approval: { id: 'read', approved },
        },
      ])
      return collect(agent({ ...testContext([prompt]), messages: [prompt, answer] }))
    }
    expect(partsOf(await answered(true), 'tool-result')).toHaveLength(1)
    expect(textOf(await answered(true))).toContain('It begins with “Tested License”.')
    expect(textOf(await answered(false))).toBe('Then I leave it alone.')
  })

  it('reason first and then say how many messages there are', async () => {
    const messages = [
      testMessage(1, 'user', 'Hi'),
      testMessage(2, 'assistant', 'Hello'),
      testMessage(3, 'user', '/think'),
    ]
    const parts = await collect((await testAgent())(testContext(messages)))
    expect(parts[0]!.type).toBe('reasoning-delta')
    expect(parts.findIndex(({ type }) => type === 'reasoning-end')).toBeLessThan(
      parts.findIndex(({ type }) => type === 'text-delta'),
    )
    expect(textOf(parts)).toContain('sent **2 prompts**, and I had given **1 answer**')
  })

  it('read a real file with a tool whose input streams', async () => {
    const parts = await ask('/tool')
    const input = partsOf(parts, 'tool-input-delta').map(({ delta }) => delta)
    expect(JSON.parse(input.join(''))).toEqual({ path: 'package.json' })
    expect(input.length).toBeGreaterThan(1)
    expect(partsOf(parts, 'tool-result')[0]!.output).toMatchObject({
      path: 'package.json',
      lines: 4,
      text: '{\n  "name": "tested"\n}\n',
    })
    expect(textOf(parts)).toContain('"name": "tested"')
  })

  it('fail after 20 tokens', async () => {
    const seen: string[] = []
    const failing = async () => {
      const stream = await (await testAgent())(testContext('/fail'))
      for await (const part of stream) if (part.type === 'text-delta') seen.push(part.text)
    }
    await expect(failing()).rejects.toThrow('/fail failed after 20 tokens')
    expect(seen).toHaveLength(20)
  })

  it('stall after a few tokens and ignore the signal', async () => {
    const stopping = new AbortController()
    const agent = await testAgent()
    const iterator = (await agent(testContext('/stall', { signal: stopping.signal })))[
      Symbol.asyncIterator
    ]()
    while ((await iterator.next()).value.type !== 'text-end');
    const next = iterator.next()
    stopping.abort()
    const turn = new Promise((resolve) => setImmediate(() => resolve('still waiting')))
    expect(await Promise.race([next, turn])).toBe('still waiting')
  })

  it('list themselves', async () => {
    const text = textOf(await ask('/help'))
    for (const usage of ['/count N', '/think', '/tool', '/fail', '/stall', '/help']) {
      expect(text).toContain(usage)
    }
  })
})

describe('routeAgent', () => {
  it('passes a prompt that is not a command to the answering agent', async () => {
    expect(textOf(await ask('What is /count?'))).toBe('an answer')
    expect(textOf(await ask('/etc/passwd, what is it?'))).toBe('an answer')
  })

  it('answers an unknown command with a pointer to /help', async () => {
    expect(textOf(await ask('/nope 1'))).toBe(
      'There is no command `/nope`. `/help` lists the commands.',
    )
  })
})
