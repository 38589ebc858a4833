import type { Event, Message } from '@caughtup/schema'
import { applyEvent, emptyView } from '@caughtup/schema/fold'

import type { DemoClient } from '../../client/demo-client.ts'

export interface Journal {
  /** The session as its journal makes it: the messages of the newest epoch. */
  messages: readonly Message[]
  entries: number
}

/** Reads the whole journal of a session from the server, entry by entry, and plays it. */
export async function readJournal(
  { rpc }: DemoClient,
  sessionId: string,
  signal: AbortSignal,
): Promise<Journal> {
  const events: Event[] = []
  for (let cursor: number | null | undefined; cursor !== null;) {
    const page = await rpc.events.list(
      { sessionId, limit: 200, ...(cursor !== undefined && { cursor }) },
      { signal },
    )
    events.push(...page.events)
    cursor = page.nextCursor
  }
  return playJournal(events)
}

/** @throws {Error} if an entry is missing between others, or tells of messages that it does not have */
export function playJournal(events: readonly Event[]): Journal {
  let view = emptyView
  for (const event of events) {
    const { result, view: next } = applyEvent(view, event)
    if (result === 'gap') {
      throw new Error(`The journal has no entries from ${view.seq + 1} to ${event.from - 1}.`)
    }
    if (result === 'needs-window') {
      throw new Error(`The messages of entry ${event.seq} are not in the journal.`)
    }
    view = next
  }
  return { messages: view.messages, entries: events.length }
}
