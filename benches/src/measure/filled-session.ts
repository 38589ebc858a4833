import type { EventDraft } from '@caughtup/schema'

import { keptDatabase } from './kept-database.ts'
import { tokenText } from './token-text.ts'

const messagesPerCommit = 500
const tokensPerMessage = 40

/** Puts a database at `file` with one session of so many finished messages, and returns its id. */
export function filledSession(file: string, messages: number): Promise<string> {
  return keptDatabase(`session-of-${messages}`, file, async (store) => {
    const { id } = await store.sessions.create({ owner: 'me' })
    for (let first = 0; first < messages; first += messagesPerCommit) {
      const length = Math.min(messagesPerCommit, messages - first)
      const drafts = Array.from({ length }, (_, index) => created(first + index))
      const result = await store.append({ sessionId: id, drafts })
      if (result.refused !== undefined) throw new Error(`Refused: ${result.refused}`)
    }
    return id
  })
}

/** A message of a user and an assistant in turn. */
function created(n: number): EventDraft {
  const words = Array.from({ length: tokensPerMessage }, (_, token) => tokenText(n, token))
  return {
    type: 'message-created',
    message: {
      id: `message-${n}`,
      role: n % 2 === 0 ? 'user' : 'assistant',
      parts: [{ type: 'text', text: words.join('') }],
      metadata: { createdAt: n },
      status: 'done',
    },
  }
}
