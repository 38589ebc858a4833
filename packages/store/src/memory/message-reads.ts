import type { Message, Page } from '@caughtup/schema'

import { jsonBytes } from '../engine/json.ts'
import type { SessionHead, Window, WindowCaps } from '../storage.ts'
import type { MemorySession } from './memory-session.ts'
import { indexAbove } from './message-table.ts'

export function window({ table, state, journal, tag }: MemorySession, caps: WindowCaps): Window {
  const { record } = state
  const { shown } = table
  let start = shown.length
  let bytes = 0
  while (start > 0) {
    const message = shown[start - 1]
    if (message?.epoch !== record.epoch) break
    bytes += jsonBytes(message)
    const count = shown.length - start
    if (count > 0 && (count >= caps.messages || bytes > caps.bytes)) break
    start--
  }
  return {
    messages: shown.slice(start),
    head: record,
    cursor: { journal, seq: record.seq, tag },
    hasOlder: start > 0,
  }
}

export function page({ table, state }: MemorySession, before: number, limit: number): Page {
  const { shown } = table
  const end = indexAbove(shown, before - 1)
  const epoch = shown[end - 1]?.epoch ?? state.record.epoch
  let start = end
  while (start > 0 && end - start < limit && shown[start - 1]?.epoch === epoch) start--
  const messages = shown.slice(start, end)
  const [first] = messages
  const hasOlder = start > 0
  return {
    messages,
    nextCursor: hasOlder && first ? { before: first.order } : null,
    hasOlder,
    epoch,
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
