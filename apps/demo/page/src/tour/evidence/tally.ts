import type { Message } from '@caughtup/schema'

/** What a page holds, compared with the journal. */
export interface Tally {
  /** Words in the journal. */
  kept: number
  /** Of those, how many the page holds. */
  held: number
  missing: number
  /** Words that the page holds more often than the journal. */
  twice: number
  /** Whether the words, although all are there, are not in the journal's order. */
  misplaced: boolean
}

/** Compares two lists of words. The same word may be in both any number of times. */
export function tallyOf(kept: readonly string[], held: readonly string[]): Tally {
  const counts = new Map<string, number>()
  for (const word of kept) counts.set(word, (counts.get(word) ?? 0) + 1)
  let twice = 0
  for (const word of held) {
    const left = counts.get(word) ?? 0
    if (left === 0) twice++
    else counts.set(word, left - 1)
  }
  const missing = [...counts.values()].reduce((sum, left) => sum + left, 0)
  return {
    kept: kept.length,
    held: kept.length - missing,
    missing,
    twice,
    misplaced: missing === 0 && twice === 0 && kept.some((word, index) => word !== held[index]),
  }
}

/** Messages by their orders, against how many the server says that there are. */
export function tallyOfOrders(kept: number, orders: readonly number[]): Tally {
  const held = new Set(orders).size
  return {
    kept,
    held: Math.min(held, kept),
    missing: Math.max(0, kept - held),
    twice: orders.length - held,
    misplaced: orders.some((order, index) => index > 0 && order < (orders[index - 1] ?? 0)),
  }
}

export function isWhole({ missing, twice, misplaced }: Tally): boolean {
  return missing === 0 && twice === 0 && !misplaced
}

/** The words of texts and reasoning, in order. A word of `/count` is one token. */
export function wordsOf(messages: readonly Message[]): string[] {
  return messages.flatMap(({ parts }) =>
    parts.flatMap((part) =>
      part.type === 'text' || part.type === 'reasoning' ? splitWords(part.text) : [],
    ),
  )
}

export function splitWords(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '')
}
