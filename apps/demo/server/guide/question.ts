import type { Message } from '@caughtup/schema'

import { messageText } from '../../shared/message-text.ts'
import { termsOf } from '../repository/terms.ts'

export interface Question {
  /** As typed. */
  text: string
  /** The words to search for; empty when neither this prompt nor an earlier one has any. */
  query: string
  /** The requested page of matches: 0, plus 1 for each `more`. */
  page: number
}

/**
 * Reads the newest prompt. `more` asks for the next matches of the previous question, and a prompt
 * without a distinctive word ("why?") refers to that question too.
 */
export function readQuestion(messages: readonly Message[], prompt: Message): Question {
  const text = messageText(prompt).trim()
  const asked = messages
    .filter(({ role, id }) => role === 'user' && id !== prompt.id)
    .map((message) => messageText(message).trim())
    .filter((earlier) => !earlier.startsWith('/'))
  if (!isMore(text)) {
    if (termsOf(text).length > 0) return { text, query: text, page: 0 }
    return { text, query: asked.findLast(isDistinctive) ?? '', page: 0 }
  }
  const before = asked.findLastIndex((earlier) => !isMore(earlier))
  const query = asked[before] ?? ''
  return { text, query, page: asked.length - before }
}

function isMore(text: string): boolean {
  return /^(more|go on|next)[.!?]*$/i.test(text)
}

function isDistinctive(text: string): boolean {
  return !isMore(text) && termsOf(text).length > 0
}
