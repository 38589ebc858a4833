import { encodeCursor } from '@caughtup/schema'

import type { SessionHead } from '../port/reading.ts'
import type { Storage } from '../port/storage.ts'

/** A cheap way to see whether a session changed since the last look. */
export interface Probe {
  messageCount: number
  /** Of the newest message, in ms since the epoch. */
  lastMessageAt?: number
  /** Differs after any change; also the cursor of a stream that starts here. */
  revision: string
}

export async function probeSession(
  storage: Pick<Storage, 'messages'>,
  sessionId: string,
  { cursor, messageCount }: SessionHead,
): Promise<Probe> {
  const { messages } = await storage.messages(sessionId, {
    before: Number.MAX_SAFE_INTEGER,
    messages: 1,
    bytes: 1,
  })
  const { metadata } = messages[0] ?? {}
  const lastMessageAt = metadata?.finishedAt ?? metadata?.createdAt
  return {
    messageCount,
    ...(lastMessageAt !== undefined && { lastMessageAt }),
    revision: encodeCursor(cursor),
  }
}
