import type { OfferedPrompt } from '../../shared/ask-next.ts'
import type { Match } from '../repository/search-index.ts'
import type { Section } from '../repository/section.ts'
import { queryWords } from '../repository/terms.ts'
import { passageOf } from './passage.ts'
import type { Question } from './question.ts'
import { rebaseLinks, sourceLink } from './source-link.ts'

/** Sections that an answer quotes, and sections that it only names: few, so that it stays readable. */
const mostQuoted = 3
const mostNamed = 4
const pageSize = mostQuoted + mostNamed

/** The page of matches that the question asks for. */
export function matchesOf(question: Question, found: readonly Match[]): Match[] {
  return found.slice(question.page * pageSize, (question.page + 1) * pageSize)
}

export function quotedMatches(matches: readonly Match[]): Match[] {
  return matches.slice(0, mostQuoted)
}

export interface Findings {
  /** Those of this page, best first. */
  matches: readonly Match[]
  /** The number of matches on all pages. */
  total: number
  /** Whether a path is a file of the repository, so that a link to it works. */
  isFile: (path: string) => boolean
}

/** An answer in Markdown: the best passages with their places, then related sections. */
export function composeAnswer(question: Question, { matches, total, isFile }: Findings): string {
  const [best] = matches
  if (!best) return nothingFound(question)
  if (!isAbout(question, best)) return notKnown(question, matches)
  const quoted = quotedMatches(matches)
  const named = matches.slice(quoted.length)
  return [
    `## ${headingOf(question)}`,
    `${sharing(total)} ${strongest(best)}`,
    ...quoted.map((match) => quote(match, isFile)),
    ...(named.length > 0 ? ['### Related', nameTable(named)] : []),
  ].join('\n\n')
}

function headingOf({ text, query, page }: Question): string {
  const title = (page > 0 ? query : text).replaceAll(/\s+/g, ' ')
  return inline(page > 0 ? `${title} (${page + 1})` : title)
}

function strongest({ section }: Match): string {
  return `The best match is **${inline(section.title)}** in ${sourceLink(section)}:`
}

function quote({ section, words }: Match, isFile: Findings['isFile']): string {
  const { prose, code } = passageOf(section, words)
  return [
    `### ${inline(section.title)}`,
    ...(prose === '' ? [] : [rebaseLinks(prose, section.path, isFile).replaceAll(/^/gm, '> ')]),
    ...(code ? [fenced(code)] : []),
    `— ${sourceLink(section)}`,
  ].join('\n\n')
}

/** A fence longer than any inside, so that quoted Markdown cannot end it. */
function fenced({ language, text }: { language: string; text: string }): string {
  const longest = Math.max(2, ...(text.match(/`{3,}/g) ?? []).map(({ length }) => length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}${language}\n${text}\n${fence}`
}

function nameTable(matches: readonly Match[]): string {
  const rows = matches.map(
    ({ section, words }) =>
      `| ${inline(section.title)} | ${sourceLink(section)} | ${words.join(', ')} |`,
  )
  return ['| Section | Place | Shared words |', '|---|---|---|', ...rows].join('\n')
}

/** Prompts that go on from an answer. */
export function promptsAfter(
  question: Question,
  { matches, total }: Pick<Findings, 'matches' | 'total'>,
): OfferedPrompt[] {
  const [best] = matches
  if (!best || !isAbout(question, best)) return afterNothing
  const left = total - (question.page + 1) * pageSize
  return [
    ...matches.slice(1, 3).map(({ section }) => ({ prompt: askAbout(section) })),
    ...(left > 0 ? [{ prompt: 'more', hint: `the next of ${left} other matches` }] : []),
  ]
}

const afterNothing: OfferedPrompt[] = [
  { prompt: 'What is Caughtup?' },
  { prompt: 'How does a client resume after a lost connection?' },
  { prompt: '/help', hint: 'lists the commands' },
]

/** A question that finds this section first. */
export function askAbout({ kind, title, path }: Section): string {
  switch (kind) {
    case 'prose':
      return `What does ${path} say about “${inline(title)}”?`
    case 'code':
      return `What does \`${title}\` in ${path} do?`
    case 'test':
    case 'other':
      return `What is in ${path}?`
  }
}

function nothingFound({ query }: Question): string {
  const reason =
    query === ''
      ? 'The question has no word to search for.'
      : `No file of this repository contains a word of “${inline(query)}”.`
  return [
    `## Nothing found`,
    `${reason} I am not a language model: I search the project’s own files and quote them.`,
  ].join('\n\n')
}

/** The least share of a question's words that a section about it has. */
const leastShare = 0.6

function isAbout({ query }: Question, { words }: Match): boolean {
  return words.length / queryWords(query).length >= leastShare
}

/** Honest about matches that share a word and not the subject. */
function notKnown({ query }: Question, matches: readonly Match[]): string {
  return [
    `## I don’t know`,
    `No section of this repository is about “${inline(query)}”. I am not a language model: I answer from the project’s own files. These share a word with the question, but perhaps not its subject:`,
    nameTable(matches.slice(0, mostNamed)),
  ].join('\n\n')
}

function sharing(total: number): string {
  return total === 1
    ? 'One section of this repository shares words with the question.'
    : `${total.toLocaleString('en')} sections of this repository share words with the question.`
}

/** Text that cannot end a line, a table cell or an emphasis. */
function inline(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(/[|*]/g, '\\$&')
}
