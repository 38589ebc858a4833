import type { Lookups } from '../../core/lookups.ts'
import type { MemorySession } from './memory-session.ts'
import { indexAbove } from './message-table.ts'

/** What a commit looks up in the session's messages. */
export function messageRows({ table, children }: MemorySession): Lookups {
  const { shown, byId, hidden, gone } = table
  return {
    messages: (messageIds) => messageIds.map((id) => byId.get(id)),
    idStatus: (messageIds) =>
      messageIds.map((messageId) => {
        if (byId.has(messageId) || hidden.flat().some(({ id }) => id === messageId)) return 'exists'
        return gone.has(messageId) ? 'gone' : 'free'
      }),
    countAfter: (order) => shown.length - indexAbove(shown, order),
    lastPrompt(from, upTo) {
      for (let index = indexAbove(shown, upTo) - 1; index >= 0; index--) {
        const message = shown[index]
        if (!message || message.order < from) return undefined
        if (message.role === 'user') return message.order
      }
      return undefined
    },
    hidden: () => hidden.at(-1) ?? [],
    hiddenBelow: () => hidden.length > 1,
    countedChild: (child) => children.has(child),
  }
}
