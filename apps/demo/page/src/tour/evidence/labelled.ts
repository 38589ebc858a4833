import type { Message } from '@caughtup/schema'

import { wordsOf } from './tally.ts'

/** The words of the messages after an order, each with its message: one in another message is another word. */
export function labelled(messages: readonly Message[], after: number): string[] {
  return messages
    .filter(({ order }) => order > after)
    .flatMap((message) => wordsOf([message]).map((word) => `${message.id} ${word}`))
}
