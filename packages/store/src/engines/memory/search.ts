import type { Message, SearchHit } from '@caughtup/schema'

import { excerptAround, searchText } from '../../core/search-text.ts'
import { phrases, words } from '../../core/search-words.ts'
import type { MemorySession } from './memory-session.ts'

/** Finished messages that hold every phrase of the text, newest first; see `Storage.search`. */
export function search(
  sessions: readonly MemorySession[],
  text: string,
  limit: number,
): SearchHit[] {
  const wanted = phrases(text)
  if (wanted.length === 0) return []
  const hits = sessions.flatMap(({ id, table }) =>
    table.shown
      .filter((message) => message.status === 'done' && holdsAll(message, wanted))
      .map((message) => hit(id, message, text)),
  )
  return hits.sort(newestFirst).slice(0, limit)
}

function newestFirst(a: SearchHit, b: SearchHit): number {
  if (a.createdAt !== b.createdAt) return b.createdAt - a.createdAt
  if (a.sessionId !== b.sessionId) return a.sessionId < b.sessionId ? 1 : -1
  return b.order - a.order
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
