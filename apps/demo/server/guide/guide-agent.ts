import type { AgentPart } from '@caughtup/schema'

import { askNextType, type OfferedPrompt } from '../../shared/ask-next.ts'
import { callTool } from '../agents/call-tool.ts'
import type { DemoAgent } from '../agents/demo-agent.ts'
import { sayReasoning, sayText } from '../text/speak.ts'
import type { RepoTools } from '../repository/repo-tools.ts'
import type { Match, SearchIndex } from '../repository/search-index.ts'
import type { Section } from '../repository/section.ts'
import { queryWords } from '../repository/terms.ts'
import { approximateTokens } from '../text/tokens.ts'
import { composeAnswer, matchesOf, promptsAfter, quotedMatches } from './compose-answer.ts'
import { composeCurated, promptsBeside } from './compose-curated.ts'
import { curatedAnswerTo } from './curated-answers.ts'
import { describeFiles } from './describe-files.ts'
import { contextTokens, guideContextLimit, stepUsage } from './guide-usage.ts'
import { type Question, readQuestion } from './question.ts'

/** Lines read of one section, so that a tool result does not fill the context. */
const mostLinesRead = 30

/** A rough estimate of the tokens of one tool call. */
const callTokens = 20

/**
 * Answers from this repository's own files, without a language model. What many ask has a written answer,
 * with its sources; for all else it searches, reads the best matches and quotes them, and says if they
 * are not about the question. Its tool calls and their results are real.
 */
export function createGuideAgent(options: { tools: RepoTools; index: SearchIndex }): DemoAgent {
  return (context) => answer(context, options)
}

async function* answer(
  { messages, prompt, pace }: Parameters<DemoAgent>[0],
  { tools, index }: { tools: RepoTools; index: SearchIndex },
): AsyncGenerator<AgentPart, void, undefined> {
  const question = readQuestion(messages, prompt)
  const files = describeFiles(prompt)
  const asked = files !== '' && question.text === '' ? filesReply : undefined
  const reply = asked ?? curatedReply(question, index) ?? foundReply(question, index)
  const text = [files, reply.text].filter((part) => part !== '').join('\n\n')

  yield { type: 'start-step' }
  yield* sayReasoning(reply.plan, 'plan', pace)
  const outputs: unknown[] = []
  if (reply.searches) {
    const input = { query: question.query }
    outputs.push(yield* callTool(tools.search, input, { toolCallId: 'search', pace }))
  }
  for (const [n, { path, from, to: end }] of reply.reads.entries()) {
    const to = Math.min(end, from + mostLinesRead - 1)
    const toolCallId = `read-${n + 1}`
    outputs.push(yield* callTool(tools.read, { path, from, to }, { toolCallId, pace }))
  }
  const input = contextTokens(messages)
  const results = approximateTokens(JSON.stringify(outputs))
  const searchUsage = stepUsage({
    input,
    reasoning: approximateTokens(reply.plan),
    output: callTokens * outputs.length,
  })
  yield { type: 'finish-step', finishReason: 'tool-calls', usage: searchUsage }

  yield { type: 'start-step' }
  yield* sayText(text, 'answer', pace)
  yield* sourcesOf(reply.sources)
  if (reply.prompts.length > 0) yield { type: askNextType, data: { prompts: reply.prompts } }
  const answerUsage = stepUsage({
    input: input + searchUsage.outputTokens + results,
    reasoning: 0,
    output: approximateTokens(text),
  })
  yield { type: 'finish-step', finishReason: 'stop', usage: answerUsage }
  yield { type: 'finish', finishReason: 'stop', contextLimit: guideContextLimit }
}

/** What the guide does about a question, and says. */
interface Reply {
  plan: string
  /** Whether it calls its search tool first. */
  searches: boolean
  /** Sections that it reads with its tool. */
  reads: readonly Section[]
  text: string
  sources: readonly Section[]
  prompts: readonly OfferedPrompt[]
}

/** Answers a prompt that has files and no text. */
const filesReply: Reply = {
  plan: 'There are files, and no question. I say what I got.',
  searches: false,
  reads: [],
  text: '',
  sources: [],
  prompts: [],
}

/** A text that was written for this question, if there is one. */
function curatedReply({ text, page }: Question, index: SearchIndex): Reply | undefined {
  const answer = page === 0 ? curatedAnswerTo(text) : undefined
  if (!answer) return undefined
  const sources = answer.sources.flatMap(({ path, title }) => index.section(path, title) ?? [])
  return {
    plan: 'Many ask this, so there is an answer to it. I read the places that it is from.',
    searches: false,
    reads: sources,
    text: composeCurated(text, answer, sources),
    sources,
    prompts: promptsBeside(answer),
  }
}

/** What the search finds. */
function foundReply(question: Question, index: SearchIndex): Reply {
  const found = index.search(question.query)
  const matches = matchesOf(question, found)
  const quoted = quotedMatches(matches)
  return {
    plan: planOf(question, index),
    searches: question.query !== '',
    reads: readsOf(quoted).map(({ section }) => section),
    text: composeAnswer(question, {
      matches,
      total: found.length,
      isFile: (path) => index.has(path),
    }),
    sources: quoted.map(({ section }) => section),
    prompts: promptsAfter(question, { matches, total: found.length }),
  }
}

/** The best match, and the best one from another file. */
function readsOf(quoted: readonly Match[]): Match[] {
  const [first, ...others] = quoted
  if (!first) return []
  const second = others.find(({ section }) => section.path !== first.section.path)
  return second ? [first, second] : [first]
}

function planOf({ text, query, page }: Question, index: SearchIndex): string {
  const words = queryWords(query)
  if (words.length === 0)
    return 'The question has no word that distinguishes one file from another.'
  const asked = page > 0 || text !== query ? `This continues “${query}”. ` : ''
  const rare = rarest(words, index)
  return (
    `${asked}I look for ${words.join(', ')} in ${index.size.toLocaleString('en')} sections of this ` +
    `repository’s files.${rare === undefined ? '' : ` The rarest word is “${rare}”, so it counts most.`} ` +
    'Then I read the best matches.'
  )
}

/** The word that the fewest sections contain, if at least two words occur at all. */
function rarest(words: readonly string[], index: SearchIndex): string | undefined {
  const counted = words
    .map((word) => ({ word, count: index.countOf(word) }))
    .filter(({ count }) => count > 0)
    .toSorted((a, b) => a.count - b.count)
  return counted.length > 1 ? counted[0]?.word : undefined
}

function* sourcesOf(sections: readonly Section[]): Generator<AgentPart, void, undefined> {
  for (const { path, from } of sections) {
    yield {
      type: 'source',
      sourceType: 'document',
      id: `${path}:${from}`,
      mediaType: path.endsWith('.md') ? 'text/markdown' : 'text/plain',
      title: `${path}:${from}`,
      filename: path,
    }
  }
}
