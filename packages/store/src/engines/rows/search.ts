import type { Message, SearchHit } from '@caughtup/schema'

import { excerptAround, searchText } from '../../core/reading/search-text.ts'
import { phrases, words } from '../../core/reading/search-words.ts'
import type { SearchQuery } from '../../port/reading.ts'
import type { CandidateQuery, Tables } from './tables/tables.ts'

/** Candidates that are read at once. */
const step = 200

/** Finished messages that hold every phrase of the text, newest first; see `Storage.search`. */
export async function search(
  tables: Tables,
  { text, in: scope, limit }: SearchQuery,
): Promise<SearchHit[]> {
  const wanted = phrases(text)
  const hits: SearchHit[] = []
  if (wanted.length === 0) return hits
  const query = { in: scope, words: wanted.flat(), limit: step }
  for (let after: CandidateQuery['after']; ;) {
    const found = await tables.candidates({ ...query, ...(after && { after }) })
    for (const { sessionId, message } of found) {
      if (hits.length >= limit) return hits
      if (holdsAll(message, wanted)) hits.push(hit(sessionId, message, text))
    }
    const last = found.at(-1)
    if (!last || found.length < step) return hits
    const { order, metadata } = last.message
    after = { createdAt: metadata.createdAt, sessionId: last.sessionId, order }
  }
}

function holdsAll(message: Message, wanted: readonly (readonly string[])[]): boolean {
  const found = words(searchText(message))
  return wanted.every((phrase, index) => holds(found, phrase, index === wanted.length - 1))
}

/** Whether the phrase's words are neighbours somewhere; of the last one its beginning may do. */
function holds(found: readonly string[], phrase: readonly string[], mayBegin: boolean): boolean {
  return found.some((_, start) =>
    phrase.every((expected, index) => {
      const word = found[start + index]
      return mayBegin && index === phrase.length - 1
        ? word?.startsWith(expected)
        : word === expected
    }),
  )
}

function hit(sessionId: string, message: Message, query: string): SearchHit {
  const { id: messageId, order, epoch, role, metadata } = message
  const excerpt = excerptAround(searchText(message), query)
  return { sessionId, messageId, order, epoch, role, createdAt: metadata.createdAt, excerpt }
}
