import type { Cursor, ReplayReason } from '@caughtup/schema'
import { applyEvent, emptyView, type View } from '@caughtup/schema/fold'

import { readBatch } from '../../src/core/reading/read-events.ts'
import { checkCursor } from '../../src/core/reading/cursor-verdict.ts'
import { viewOf } from '../../src/conformance/support/views.ts'
import type { Storage } from '../../src/port/storage.ts'
import { everything } from '../support/check-database.ts'

/** A client that has seen a session up to a cursor. */
export interface Client {
  readonly sessionId: string
  readonly view: View
  readonly cursor: Cursor
}

/** A client that has seen nothing. */
export function newClient(sessionId: string): Client {
  return { sessionId, view: emptyView, cursor: { journal: '', seq: 0, tag: '' } }
}

/** Replays to a returning client as a server does, and returns the client afterwards. */
export async function resume(
  storage: Storage,
  { sessionId, view, cursor }: Client,
): Promise<Client & { verdict: 'ok' | ReplayReason }> {
  const verdict = await checkCursor(storage, sessionId, cursor)
  if (verdict !== 'ok') {
    const caps = { messages: everything, bytes: everything }
    const window = await storage.messages(sessionId, caps)
    return { sessionId, view: viewOf(window), cursor: window.cursor, verdict }
  }
  const batch = await readBatch(storage, sessionId, cursor.seq, { bytes: everything })
  const reached = batch.events.reduce((so, event) => applyEvent(so, event).view, view)
  return { sessionId, view: reached, cursor: batch.cursor, verdict }
}

/** Everything that the client shows, as one text. */
export function shown({ view }: Pick<Client, 'view'>): string {
  return view.messages
    .flatMap(({ parts }) => parts.map((part) => (part.type === 'text' ? part.text : '')))
    .join(' ')
}
