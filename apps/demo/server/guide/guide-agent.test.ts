import type { Message } from '@caughtup/schema'
import { beforeAll, describe, expect, it } from 'vitest'

import type { DemoAgent } from '../agents/demo-agent.ts'
import { askNextType, offeredPrompts } from '../../shared/ask-next.ts'
import { createRepoTools } from '../repository/repo-tools.ts'
import { Repository } from '../repository/repository.ts'
import { SearchIndex } from '../repository/search-index.ts'
import { collect, partsOf, testContext, testMessage, textOf } from '../testing/run-agent.ts'
import { ownRoot } from '../testing/test-repository.ts'
import { curatedAnswers, curatedAnswerTo } from './curated-answers.ts'
import { createGuideAgent } from './guide-agent.ts'

describe('the guide, in this repository', () => {
  let repository: Repository
  let guide: DemoAgent
  beforeAll(async () => {
    repository = await Repository.open(ownRoot)
    const index = new SearchIndex(repository)
    guide = createGuideAgent({ tools: createRepoTools(repository, index), index })
  })
  const ask = (messages: Message[] | string) => collect(guide(testContext(messages)))

  it('reasons, searches, reads and then answers', async () => {
    const parts = await ask('What is the layer rule?')
    const types = parts.map(({ type }) => type).filter((type) => !type.endsWith('delta'))
    expect(types.slice(0, 5)).toEqual([
      'start-step',
      'reasoning-end',
      'tool-input-start',
      'tool-input-end',
      'tool-call',
    ])
    expect(partsOf(parts, 'tool-call').map(({ toolName }) => toolName)).toEqual([
      'search',
      'read_file',
      'read_file',
    ])
    expect(types.at(-1)).toBe('finish')
  })

  it('says what it got of the files that came with a question', async () => {
    const photo = Buffer.alloc(14_200).toString('base64')
    const file = (filename: string, mediaType: string): Message['parts'][number] => ({
      type: 'file',
      filename,
      mediaType,
      url: `data:${mediaType};base64,${photo}`,
    })
    const files = [file('photo.png', 'image/png'), file('a.pdf', 'application/pdf')]
    const alone = textOf(await ask([testMessage(1, 'user', files)]))
    expect(alone).toBe(
      'You attached `photo.png` (image/png, 14.2 kB) and `a.pdf` (application/pdf, 14.2 kB). I am not a language model, so I cannot look into them.',
    )
    const question = { type: 'text' as const, text: 'What is the layer rule?' }
    const answer = textOf(await ask([testMessage(1, 'user', [files[0]!, question])]))
    expect(answer).toContain('`photo.png` (image/png, 14.2 kB)')
    expect(answer).toContain(textOf(await ask(question.text)))
  })

  it('shows the real results of its tools', async () => {
    const results = partsOf(await ask('What is the layer rule?'), 'tool-result')
    const read = results.find(({ toolName }) => toolName === 'read_file')!
    const { path, from, text } = read.output as { path: string; from: number; text: string }
    const lines = repository.text(path).split('\n')
    expect(text).toBe(lines.slice(from - 1, from - 1 + text.split('\n').length).join('\n'))
  })

  it('quotes the file and links to the line', async () => {
    const text = textOf(await ask('What is the layer rule?'))
    expect(text).toMatch(/^## What is the layer rule\?/)
    expect(text).toContain('> `schema ← store ← server`')
    expect(text).toMatch(/\[CONTRIBUTING\.md:\d+\]\(\/source\/CONTRIBUTING\.md#L\d+\)/)
  })

  it('quotes code with the comment above it', async () => {
    const text = textOf(await ask('What does applyEvent do?'))
    expect(text).toContain('```ts\nexport function applyEvent')
  })

  it('knows the whole protocol', () => {
    expect(() => repository.text('PROTOCOL.md')).not.toThrow()
    expect(() => repository.text('pnpm-lock.yaml')).toThrow('not a text file')
  })

  it('names its sources', async () => {
    const sources = partsOf(await ask('What is the layer rule?'), 'source')
    expect(sources[0]).toMatchObject({ sourceType: 'document', filename: 'CONTRIBUTING.md' })
  })

  it('offers prompts to go on with, the next matches among them', async () => {
    const offered = async (question: string) =>
      (await ask(question)).flatMap((part) =>
        part.type === askNextType && 'data' in part ? offeredPrompts(part.data) : [],
      )
    const prompts = await offered('What is a session?')
    expect(prompts.length).toBeGreaterThan(1)
    expect(prompts.at(-1)).toMatchObject({
      prompt: 'more',
      hint: expect.stringMatching(/matches$/),
    })
    expect((await offered('why?'))[0]).toEqual({
      prompt: 'What is Caughtup?',
    })
  })

  it('answers `more` with the next matches', async () => {
    const question = testMessage(1, 'user', 'What is a session?')
    const first = textOf(await ask([question]))
    const more = [question, testMessage(2, 'assistant', first), testMessage(3, 'user', 'more')]
    const second = textOf(await ask(more))
    expect(second).toMatch(/^## What is a session\? \(2\)/)
    const [best] = /— \[[^\]]+\]/.exec(first)!
    expect(second).not.toContain(best)
  })

  it('relates a prompt without a distinctive word to the previous question', async () => {
    const parts = await ask([
      testMessage(1, 'user', 'What is the layer rule?'),
      testMessage(2, 'assistant', 'An answer'),
      testMessage(3, 'user', 'But why?'),
    ])
    const [search] = partsOf(parts, 'tool-call')
    expect(search!.input).toEqual({ query: 'What is the layer rule?' })
  })

  it.each(curatedAnswers.flatMap(({ asks }, place) => asks.map((ask) => [ask, place] as const)))(
    'has a written answer to “%s”, with its sources',
    async (question, place) => {
      const { text, sources } = curatedAnswers[place]!
      const parts = await ask(question)
      expect(textOf(parts)).toContain(text)
      expect(partsOf(parts, 'source').map((part) => 'filename' in part && part.filename)).toEqual(
        sources.map(({ path }) => path),
      )
      expect(partsOf(parts, 'tool-result')).toHaveLength(sources.length)
    },
  )

  it.each([
    ['how can I embed this in my server?', 'How do I embed it in my backend?'],
    ['does it support postgres', 'Which databases does it support?'],
    ['what happens if the server crashes?', 'What happens when the server crashes?'],
    ['How much does Caughtup cost?', 'What does it cost?'],
  ])('finds the written answer to “%s” by its words', (question, known) => {
    expect(curatedAnswerTo(question)?.asks[0]).toBe(known)
  })

  it.each([
    'What is the layer rule?',
    'What does applyEvent do?',
    'How does the server work?',
    '?',
  ])('has no written answer to “%s”', (question) =>
    expect(curatedAnswerTo(question)).toBeUndefined(),
  )

  it('shows code from the README, as it is there', async () => {
    const [block = ''] = /```ts[\s\S]*?```/.exec(textOf(await ask('How do I embed it?'))) ?? []
    expect(block).toContain('createChatServer')
    expect(repository.text('README.md')).toContain(block)
  })

  it('says that it does not know what no section is about', async () => {
    // Spelled backwards, so that this file does not have its words.
    const unknown = ['effarig', 'topaet'].map((word) => word.split('').toReversed().join(''))
    const parts = await ask(`Is a session a ${unknown.join(' or a ')}?`)
    const text = textOf(parts)
    const [offered] = parts.flatMap((part) =>
      part.type === askNextType && 'data' in part ? offeredPrompts(part.data) : [],
    )
    expect(offered).toEqual({ prompt: 'What is Caughtup?' })
    expect(text).toMatch(/^## I don’t know/)
    expect(text).toContain('No section of this repository is about')
  })

  it('says that it found nothing', async () => {
    const text = textOf(await ask('xylophonequartz'))
    expect(text).toContain('No file of this repository contains a word of “xylophonequartz”.')
    expect(textOf(await ask('why?'))).toContain('no word to search for')
  })

  it('reports its usage step by step, with its context limit', async () => {
    const parts = await ask('What is the layer rule?')
    const steps = partsOf(parts, 'finish-step').map(({ usage }) => usage!)
    expect(steps).toHaveLength(2)
    expect(steps[1]!.inputTokens).toBeGreaterThan(steps[0]!.inputTokens!)
    expect(steps[1]!.outputTokens).toBe(Math.ceil(textOf(parts).length / 4))
    expect(partsOf(parts, 'finish')[0]!.contextLimit).toBe(64_000)
  })
})
