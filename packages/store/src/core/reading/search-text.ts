import type { Message } from '@caughtup/schema'

import { findPhrase, phrases } from './search-words.ts'

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

/** The text around the first word found, on one line. */
export function excerptAround(text: string, query: string): string {
  const line = text.replaceAll(/\s+/gu, ' ').trim()
  const [first] = phrases(query)
  const found = (first && findPhrase(line, first)) ?? 0
  const start = Math.max(0, Math.min(found - excerptLength / 4, line.length - excerptLength))
  const end = start + excerptLength
  // Never half of a character that takes two units.
  const cut = line.slice(start, end).replace(/^[\uDC00-\uDFFF]|[\uD800-\uDBFF]$/g, '')
  return `${start > 0 ? '…' : ''}${cut}${end < line.length ? '…' : ''}`
}
