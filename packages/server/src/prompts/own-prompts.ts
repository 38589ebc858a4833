import { Buffer } from 'node:buffer'

import { CaughtupError, type Message, type PromptPage } from '@caughtup/schema'
import type { Store } from '@caughtup/store'

/** Pages that one call reads at most: the prompts of others and answers are read with them. */
const mostPages = 10

/**
 * The prompts that a principal sent in a session, of all its epochs, newest first. A call reads a
 * bounded stretch, so a page may have fewer prompts than `limit`, or none, and still lead on.
 *
 * @throws CaughtupError `BAD_INPUT` for a limit above `limits.pageMost`
 */
export async function ownPrompts(
  store: Store,
  { sessionId, author }: { sessionId: string; author: string },
  { before, limit = store.limits.pageDefault }: { before?: number; limit?: number },
  waiting: { signal?: AbortSignal },
): Promise<PromptPage> {
  const { pageMost, pageBytes } = store.limits
  if (limit > pageMost) throw tooMany(limit, pageMost)
  const prompts: Message[] = []
  let bytes = 0
  let place = before
  for (let pages = 0; pages < mostPages; pages++) {
    const query = { limit: pageMost, ...(place !== undefined && { before: place }) }
    const { messages, nextCursor } = await store.page(sessionId, query, waiting)
    for (const message of messages.toReversed()) {
      if (message.role !== 'user' || message.metadata.author !== author) continue
      bytes += Buffer.byteLength(JSON.stringify(message))
      const [last] = prompts.slice(-1)
      if (last && (bytes > pageBytes || prompts.length === limit))
        return { prompts, nextCursor: { before: last.order } }
      prompts.push(message)
    }
    if (!nextCursor) return { prompts, nextCursor }
    place = nextCursor.before
  }
  return { prompts, nextCursor: place === undefined ? null : { before: place } }
}

function tooMany(limit: number, most: number): CaughtupError {
  return new CaughtupError('BAD_INPUT', `limit is ${limit}, and at most ${most} is allowed.`, {
    field: 'limit',
    value: `${limit}`,
    limit: most,
  })
}
