import type { EventOf, Message } from '@caughtup/schema'

import { applyToRecord, newRecord, type SessionRecord } from '../evolve.ts'

/** What a fork's first entry and its record follow from, once its messages are copied. */
export interface ForkedMessages {
  count: number
  /** Orders of the first and the last message. */
  first: number
  last: number
  /** The newest epoch's number, first message, newest messages (newest first), and its newest prompt's order. */
  epoch: number
  epochFirst: Message | undefined
  newest: readonly Message[]
  newestPrompt: number | undefined
}

/** The first entry of a fork's journal, and the session's record after it. */
export function forkedRecord(
  { count, first, last, epoch, epochFirst, newest, newestPrompt }: ForkedMessages,
  at: number,
): { event: EventOf<'forked'>; record: SessionRecord } {
  const place = { seq: 1, from: 1, epoch, at }
  const opened = epochFirst?.metadata.boundary ? epochFirst.order : (epochFirst?.order ?? 1) - 1
  const canUndo = newestPrompt !== undefined && newestPrompt > opened
  const event = {
    ...place,
    type: 'forked',
    count,
    first,
    last,
    canUndo,
    canRedo: false,
    next: 0,
  } as const
  const answer = newest.find(({ role }) => role === 'assistant')
  const { model, thinkingLevel } = answer?.metadata ?? {}
  const context = newest.find(({ metadata }) => metadata.contextUsage)?.metadata.contextUsage
  const [newestMessage] = newest
  return {
    event,
    record: {
      ...applyToRecord(newRecord(at), event),
      epoch,
      epochStart: opened,
      ...(context && { contextUsage: context }),
      ...(newestMessage && { lastMessageAt: newestMessage.metadata.createdAt }),
      ...(model !== undefined && { lastModel: model }),
      ...(thinkingLevel !== undefined && { lastThinkingLevel: thinkingLevel }),
    },
  }
}
