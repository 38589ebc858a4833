import type { Message } from '@caughtup/schema'

/**
 * Scripts without spaces between words: each of their characters is a word by itself, and a run of
 * them is found as a phrase.
 */
const unspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/gu
const word = /[\p{L}\p{N}\p{Co}\p{M}]+/gu
const excerptLength = 160

/** What is beyond this in a message is not found, so that indexing one never takes long. */
const longestText = 256 * 1024

/**
 * What of a message can be found: what a person wrote or was told, and names of files and sources;
 * of a very long message the first 256 Ki characters.
 */
export function searchText(message: Message): string {
  return message.parts
    .flatMap((part) => {
      switch (part.type) {
        case 'text':
          return part.text
        case 'file':
          return part.filename ?? []
        case 'source-url':
          return part.title ?? part.url
        case 'source-document':
          return part.title
        case 'reasoning':
        case 'reasoning-file':
        case 'dynamic-tool':
        case 'custom':
        case 'step-start':
          return []
        default:
          // Data parts have no text of their own.
          return []
      }
    })
    .join('\n')
    .slice(0, longestText)
}

/** Text as an index of words takes it. */
export function spaced(text: string): string {
  return text.replace(unspaced, ' $& ')
}

/**
 * The phrases that a message must hold, each of neighbouring words; the last word of the last one
 * may be a beginning. A query is plain text: whatever is no letter or digit only separates. Engines
 * compare them without case and marks, see `fold`.
 */
export function phrases(query: string): string[][] {
  return query
    .split(/\s+/u)
    .map((term) => [...spaced(term).matchAll(word)].map(([found]) => found))
    .filter((words) => words.length > 0)
}

/** Without case and marks, as the index compares. */
export function fold(text: string): string {
  return text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase()
}

/** The text around the first word found, on one line. */
export function excerptAround(text: string, query: string): string {
  const line = text.replaceAll(/\s+/gu, ' ').trim()
  const [first] = phrases(query)[0] ?? []
  // Folding keeps lengths for nearly all scripts; where it does not, the excerpt starts a little off.
  const found = first === undefined ? 0 : Math.max(0, fold(line).indexOf(fold(first)))
  const start = Math.max(0, Math.min(found - excerptLength / 4, line.length - excerptLength))
  const end = start + excerptLength
  // Never half of a character that takes two units.
  const cut = line.slice(start, end).replace(/^[\uDC00-\uDFFF]|[\uD800-\uDBFF]$/g, '')
  return `${start > 0 ? '…' : ''}${cut}${end < line.length ? '…' : ''}`
}
