import type { Section } from '../repository/section.ts'
import { stem, termsOf } from '../repository/terms.ts'

/** The part of a section that an answer shows. */
export interface Passage {
  /** Paragraphs, or the comment above a declaration. */
  prose: string
  code?: { language: string; text: string }
}

/** Characters of quoted prose and lines of quoted code, so that an answer stays readable. */
const mostProse = 900
const mostCodeLines = 16

/** The part of a section that fits some words best. */
export function passageOf(section: Section, words: readonly string[]): Passage {
  const terms = words.map(stem)
  switch (section.kind) {
    case 'prose':
      return { prose: bestParagraphs(withoutHeading(section.text), terms) }
    case 'code':
      return declarationOf(section)
    case 'test':
    case 'other':
      return {
        prose: '',
        code: { language: languageOf(section.path), text: around(section.text, terms) },
      }
  }
}

function withoutHeading(text: string): string {
  return text.replace(/^#{1,6}\s.*\n?/, '').trim()
}

/** The paragraph with the most terms, and as many of those after it as fit. */
function bestParagraphs(text: string, terms: readonly string[]): string {
  const paragraphs = splitParagraphs(text)
  const counts = paragraphs.map((paragraph) => countTerms(paragraph, terms))
  const best = Math.max(0, counts.indexOf(Math.max(...counts)))
  let shown = ''
  for (const paragraph of paragraphs.slice(best)) {
    if (shown !== '' && shown.length + paragraph.length > mostProse) break
    shown += shown === '' ? paragraph : `\n\n${paragraph}`
  }
  return cutLines(shown, mostProse)
}

/** Splits at blank lines, but never inside a fenced block. */
function splitParagraphs(text: string): string[] {
  const paragraphs: string[] = []
  let lines: string[] = []
  let fenced = false
  for (const line of text.split('\n')) {
    if (/^\s*(```|~~~)/.test(line)) fenced = !fenced
    if (line.trim() === '' && !fenced) {
      if (lines.length > 0) paragraphs.push(lines.join('\n'))
      lines = []
    } else {
      lines.push(line)
    }
  }
  return lines.length > 0 ? [...paragraphs, lines.join('\n')] : paragraphs
}

function countTerms(text: string, terms: readonly string[]): number {
  const present = new Set(termsOf(text))
  return terms.filter((term) => present.has(term)).length
}

/** Cuts a text at the end of a line, and closes a fence that the cut left open. */
function cutLines(text: string, most: number): string {
  if (text.length <= most) return text
  const end = text.lastIndexOf('\n', most)
  const shown = `${text.slice(0, end > 0 ? end : most)} …`
  const fences = shown.match(/^\s*```/gm)?.length ?? 0
  return fences % 2 === 0 ? shown : `${shown}\n\`\`\``
}

function declarationOf({ path, text }: Section): Passage {
  const lines = text.split('\n')
  const start = lines.findIndex((line) => !/^\s*(\/\/|\/\*|\*)/.test(line))
  const comment = lines.slice(0, Math.max(0, start)).map(uncomment).join('\n').trim()
  const code = lines.slice(Math.max(0, start))
  const shown = code.slice(0, mostCodeLines).join('\n')
  return {
    prose: comment,
    code: {
      language: languageOf(path),
      text:
        code.length > mostCodeLines
          ? `${shown}\n// … ${code.length - mostCodeLines} more lines`
          : shown,
    },
  }
}

function uncomment(line: string): string {
  return line.replace(/^\s*(\/\*\*?|\*\/|\*|\/\/)\s?/, '').replace(/\s*\*\/\s*$/, '')
}

/** The lines around the first one with a term. */
function around(text: string, terms: readonly string[]): string {
  const lines = text.split('\n')
  const hit = lines.findIndex((line) => countTerms(line, terms) > 0)
  const start = Math.max(0, hit - 2)
  return lines.slice(start, start + mostCodeLines).join('\n')
}

function languageOf(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1)
}
