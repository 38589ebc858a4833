import type { ActivityRow, Message } from '@caughtup/schema'

import type { SessionRecord } from '../evolve.ts'

/** A session's row in a principal's list. */
export function activityRow(
  session: { id: string; title: string; revision: number },
  record: SessionRecord,
  unread: number,
): ActivityRow {
  const { id, title, revision } = session
  const { recency, generation, epoch, messageCount, lastMessageAt, contextUsage } = record
  const { lastModel, lastThinkingLevel, lastError } = record
  return {
    sessionId: id,
    title,
    revision,
    recency,
    generation,
    epoch,
    messageCount,
    streaming: record.run?.status === 'streaming',
    headSeq: record.seq,
    unread,
    ...(lastModel !== undefined && { lastModel }),
    ...(lastThinkingLevel !== undefined && { lastThinkingLevel }),
    ...(lastMessageAt !== undefined && { lastMessageAt }),
    ...(contextUsage && { contextUsage }),
    ...(lastError && { lastError }),
  }
}

/**
 * Whether a message counts as unread for a member who has read up to this order; hidden messages
 * never do. The SQL in `engines/sqlite/reads/activity-reads.ts` (`#unread`) repeats this rule.
 */
export function countsAsUnread(
  { order, role, status }: Pick<Message, 'order' | 'role' | 'status'>,
  readUpTo: number,
): boolean {
  return order > readUpTo && role === 'assistant' && status === 'done'
}
