import type { Message } from '@caughtup/schema'

import { messageText } from '../../shared/message-text.ts'
import { termsOf } from '../repository/terms.ts'

export interface Question {
  /** As it was typed. */
  text: string
  /** What to search for; empty when there is nothing to go by. */
  query: string
  /** Which page of matches is asked for: 0, and one further for each `more`. */
  page: number
}

/**
 * What the newest prompt asks. `more` asks for the next matches of the question before it, and a
 * prompt without a telling word ("why?") is about that question too.
 */
export function readQuestion(messages: readonly Message[], prompt: Message): Question {
  const text = messageText(prompt).trim()
  const asked = messages
    .filter(({ role, id }) => role === 'user' && id !== prompt.id)
    .map((message) => messageText(message).trim())
    .filter((earlier) => !earlier.startsWith('/'))
  if (!isMore(text)) {
    if (termsOf(text).length > 0) return { text, query: text, page: 0 }
    return { text, query: asked.findLast(isTelling) ?? '', page: 0 }
  }
  const before = asked.findLastIndex((earlier) => !isMore(earlier))
  const query = asked[before] ?? ''
  return { text, query, page: asked.length - before }
}

function isMore(text: string): boolean {
  return /^(more|go on|next)[.!?]*$/i.test(text)
}

function isTelling(text: string): boolean {
  return !isMore(text) && termsOf(text).length > 0
}
