import type { Event, Message } from '@caughtup/schema'
import type { ChatClient, SessionSnapshot, SessionView } from '@caughtup/web-client'

import type { Shown } from '../recorded/releases.ts'
import { type Host, principals } from './host.ts'

/** Reads everything that each principal may read, by the procedures and the view of a client. */
export async function readShown(host: Host): Promise<Shown> {
  const shown: Shown = { lists: {}, sessions: {} }
  for (const principal of principals) {
    const client = host.client(principal)
    const { rpc } = client
    const sessions = await all(
      (cursor) => rpc.sessions.list({ limit: 3, ...cursor }),
      (page) => page.sessions,
    )
    shown.lists[principal] = {
      sessions,
      rows: await all(
        (cursor) => rpc.activity.list({ limit: 3, ...cursor }),
        (page) => page.rows,
      ),
      prompts: await all(
        (cursor) => rpc.sessions.prompts({ limit: 5, ...cursor }),
        (page) => page.prompts,
      ),
      found: await rpc.sessions.search({ text: 'strasse hel', limit: 50 }),
    }
    for (const { id, owner } of sessions) {
      if (owner === principal) shown.sessions[id] = await readSession(client, id)
    }
  }
  // As it is written in a file.
  return JSON.parse(JSON.stringify(shown)) as Shown
}

async function readSession(client: ChatClient, sessionId: string) {
  const { rpc } = client
  const view = client.session(sessionId)
  const snapshot = await caughtUp(view)
  const older = await olderMessages(client, sessionId, snapshot.messages[0]?.order)
  const versions: Record<string, unknown> = {}
  for (const message of [...older, ...snapshot.messages]) {
    if (message.version && message.epoch === snapshot.epoch) {
      versions[message.id] = await rpc.messages.versions({ sessionId, messageId: message.id })
    }
  }
  return {
    session: await rpc.sessions.get({ sessionId }),
    ...(await rpc.sessions.members({ sessionId })),
    view: lasting(snapshot),
    older,
    versions,
    usage: await rpc.usage.get({ sessionId }),
    epochs: await rpc.usage.epochs({ sessionId }),
    found: await rpc.history.search({ sessionId, text: 'hel' }),
    summary: await rpc.events.summary({ sessionId }),
    events: await journalOf(client, sessionId),
  }
}

/** What a view shows once it is caught up. It goes on to be followed until its client is closed. */
export function caughtUp(view: SessionView): Promise<SessionSnapshot> {
  return new Promise((resolve, reject) => {
    const look = () => {
      const snapshot = view.getSnapshot()
      const { status, error } = snapshot.connection
      if (status === 'live' && !snapshot.stale) resolve(snapshot)
      if (status === 'failed') reject(new Error(`The view failed: ${error?.message}`))
    }
    view.subscribe(look)
    look()
  })
}

/** Without what is of the moment, or of this client alone. */
export function lasting(snapshot: SessionSnapshot) {
  const {
    connection: _,
    presence: _watching,
    pending: _sent,
    lastPending: _last,
    ...rest
  } = snapshot
  return rest
}

async function olderMessages(
  { rpc }: ChatClient,
  sessionId: string,
  before: number | undefined,
): Promise<Message[]> {
  const messages: Message[] = []
  for (let cursor = before === undefined ? undefined : { before }; ;) {
    const page = await rpc.history.loadMore({ sessionId, limit: 5, ...(cursor && { cursor }) })
    messages.unshift(...page.messages)
    if (!page.nextCursor) return messages
    cursor = page.nextCursor
  }
}

async function journalOf({ rpc }: ChatClient, sessionId: string): Promise<Event[]> {
  const events: Event[] = []
  for (let cursor: number | undefined; ;) {
    const page = await rpc.events.list({ sessionId, ...(cursor !== undefined && { cursor }) })
    events.push(...page.events)
    if (page.nextCursor === null) return events
    cursor = page.nextCursor
  }
}

async function all<Page extends { nextCursor: string | null }, Row>(
  read: (cursor: { cursor?: string }) => Promise<Page>,
  rowsOf: (page: Page) => Row[],
): Promise<Row[]> {
  const rows: Row[] = []
  for (let cursor: { cursor?: string } = {}; ;) {
    const page = await read(cursor)
    rows.push(...rowsOf(page))
    if (page.nextCursor === null) return rows
    cursor = { cursor: page.nextCursor }
  }
}
