import type { Message } from '@caughtup/schema'
import type { Summarise, Summary } from '@caughtup/server'

import { messageText } from '../../shared/message-text.ts'
import { approximateTokens } from '../text/tokens.ts'
import { contextTokens, guideSystemTokens } from './guide-usage.ts'

/** Longest lists of a summary: the newest answers, the files read most. The rest is only counted. */
const mostAnswers = 12
const mostFiles = 15
/** Longest line, in characters: a headline, not a paragraph. */
const mostLine = 160

/** Summarises an epoch without a model: its questions, the gist of each answer, the files read. */
export const summariseByExtract: Summarise = async ({ messages }) => extract(messages)

function extract(messages: readonly Message[]): Summary {
  const exchanges = pairs(messages)
  const earlier = messages.find(({ role }) => role === 'system')
  const files = filesRead(messages)
  const text = [
    `**Summary of ${messages.length} messages**, ${exchanges.length} of them prompts.`,
    ...(earlier ? [`Earlier: ${headline(messageText(earlier))}`] : []),
    section('Asked and answered', exchanges.slice(-mostAnswers).map(describe), exchanges.length),
    section('Files read', files.slice(0, mostFiles), files.length),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
  const inputTokens = contextTokens(messages)
  const outputTokens = approximateTokens(text)
  return {
    text,
    usage: { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens },
    systemTokens: guideSystemTokens,
  }
}

interface Exchange {
  question: string
  answer: string
}

/** Each prompt with the text of the answers up to the next one. */
function pairs(messages: readonly Message[]): Exchange[] {
  const exchanges: Exchange[] = []
  for (const message of messages) {
    const text = messageText(message)
    const last = exchanges.at(-1)
    if (message.role === 'user') exchanges.push({ question: text, answer: '' })
    else if (message.role === 'assistant' && last) last.answer += text
  }
  return exchanges
}

function describe({ question, answer }: Exchange): string {
  const key = keyLine(answer)
  return key === '' ? cut(question) : `${cut(question)} — ${key}`
}

/** The gist of an answer: its first quoted line, else its first line of plain text. */
function keyLine(answer: string): string {
  const lines = answer.split('\n').filter((line) => line.trim() !== '')
  const quoted = lines.find((line) => /^>\s*\w/.test(line))
  const plain = lines.find((line) => !/^(#|```|\||>)/.test(line))
  return cut((quoted ?? plain ?? '').replace(/^>\s*/, ''))
}

/** The paths that tools read, most often first. */
function filesRead(messages: readonly Message[]): string[] {
  const counts = new Map<string, number>()
  for (const { parts } of messages) {
    for (const part of parts) {
      if (part.type !== 'dynamic-tool' || part.state !== 'output-available') continue
      const path = pathIn(part.input)
      if (path !== undefined) counts.set(path, (counts.get(path) ?? 0) + 1)
    }
  }
  return [...counts]
    .toSorted(([, a], [, b]) => b - a)
    .map(([path, count]) => (count === 1 ? `\`${path}\`` : `\`${path}\` (${count} times)`))
}

function pathIn(input: unknown): string | undefined {
  if (typeof input !== 'object' || input === null || !('path' in input)) return undefined
  return typeof input.path === 'string' ? input.path : undefined
}

function section(title: string, entries: readonly string[], total: number): string {
  if (entries.length === 0) return ''
  const left = total - entries.length
  const lines = left > 0 ? [...entries, `and ${left} more`] : entries
  return `**${title}**\n\n${lines.map((line) => `- ${line}`).join('\n')}`
}

function headline(text: string): string {
  return cut(text.split('\n', 1)[0] ?? '')
}

function cut(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length <= mostLine ? line : `${line.slice(0, mostLine - 1)}…`
}
