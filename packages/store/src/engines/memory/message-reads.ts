import type { Message, Page } from '@caughtup/schema'

import { jsonBytes } from '../../core/stored-value.ts'
import { newestStretch, type SizedMessage } from '../../core/newest-stretch.ts'
import type { MessageCaps, SessionHead, Window } from '../../port/reading.ts'
import type { MemorySession } from './memory-session.ts'
import { indexAbove } from './message-table.ts'

export function window({ table, state, journal, tag }: MemorySession, caps: MessageCaps): Window {
  const { record } = state
  const { shown } = table
  const messages = newestStretch(newestFirst(shown, shown.length), caps, record.epoch)
  return {
    messages,
    head: record,
    cursor: { journal, seq: record.seq, tag },
    hasOlder: shown.length > messages.length,
  }
}

export function page({ table, state }: MemorySession, before: number, caps: MessageCaps): Page {
  const { shown } = table
  const end = indexAbove(shown, before - 1)
  const messages = newestStretch(newestFirst(shown, end), caps)
  const [first] = messages
  const hasOlder = end > messages.length
  return {
    messages,
    nextCursor: hasOlder && first ? { before: first.order } : null,
    hasOlder,
    epoch: first?.epoch ?? state.record.epoch,
    asOf: state.record.seq,
  }
}

export function head(session: MemorySession): SessionHead {
  const { state, journal, tag } = session
  const { record } = state
  return {
    head: record,
    cursor: { journal, seq: record.seq, tag },
    open: openMessages(session),
    messageCount: record.messageCount,
  }
}

export function openMessages({ state }: MemorySession): Message[] {
  return [...state.overlay.values()]
}

function* newestFirst(messages: readonly Message[], end: number): Iterable<SizedMessage> {
  for (let index = end - 1; index >= 0; index--) {
    const message = messages[index]
    if (message) yield { message, size: jsonBytes(message) }
  }
}
