import type { Match } from '../repository/search-index.ts'
import type { Section } from '../repository/section.ts'
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

/** An answer in Markdown: the best passages with their places, then related sections and questions. */
export function composeAnswer(question: Question, { matches, total, isFile }: Findings): string {
  const [best] = matches
  if (!best) return nothingFound(question)
  const quoted = quotedMatches(matches)
  const named = matches.slice(quoted.length)
  return [
    `## ${headingOf(question)}`,
    `${sharing(total)} ${strongest(best)}`,
    ...quoted.map((match) => quote(match, isFile)),
    ...(named.length > 0 ? ['### Related', nameTable(named)] : []),
    '### Ask next',
    followUps(question, matches, total),
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

function followUps(question: Question, matches: readonly Match[], total: number): string {
  const about = matches.slice(1, 3).map(({ section }) => `- ${askAbout(section)}`)
  const left = total - (question.page + 1) * pageSize
  return [
    ...about,
    ...(left > 0 ? [`- \`more\` shows the next of ${left} other matches`] : []),
  ].join('\n')
}

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
    '### Ask next',
    '- What is Caughtup?\n- How does a client resume after a lost connection?\n- `/help` lists the commands',
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
