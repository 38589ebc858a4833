import type { ChatClient } from '../create-chat-client.ts'
import type { SessionView } from '../session/session-view.ts'
import { Log, type LogEntry } from './log.ts'
import { Tap } from './tap.ts'

/** A session view of the client, in a line. */
export interface SessionLine {
  sessionId: string
  status: string
  /** Why: the error, the end, or what the last replay was. */
  reason?: string
  cursor?: string
  seq: number
  messages: number
  pending: number
  stale: boolean
}

export type DevtoolsClient = Pick<ChatClient, 'internals' | 'stats' | 'session'>

/** How many entries of the log are kept. */
const mostEntries = 500

/**
 * What the devtools know of a client and can do to it, without a page. It listens until it is closed.
 * Streams that are open when it begins connect anew after their cursors, so that they pass through it.
 */
export class Devtools {
  readonly log = new Log(mostEntries)
  readonly #client: DevtoolsClient
  readonly #tap: Tap
  readonly #listeners = new Set<() => void>()

  constructor(client: DevtoolsClient) {
    this.#client = client
    const { link, context } = client.internals
    this.#tap = new Tap(link, context.clock, (entry) => {
      this.log.add(entry)
      for (const listener of this.#listeners) listener()
    })
    for (const view of client.internals.sessions()) if (view.isFollowing) view.reconnect()
    const { view: activity } = client.internals
    if (activity && activity.getSnapshot().connection.status !== 'idle') activity.reconnect()
  }

  /** Calls the listener after each new entry; returns the unsubscribe. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** How much later frames and answers come, in ms. @default 0 */
  get delay(): number {
    return this.#tap.delay
  }

  set delay(ms: number) {
    this.#tap.delay = ms
  }

  get sessions(): SessionLine[] {
    return this.#client.internals.sessions().map(lineOf)
  }

  stats() {
    return this.#client.stats()
  }

  /** Breaks all streams and calls under way, as a lost connection would; the views connect again. */
  cut(): void {
    this.#tap.cut()
  }

  /** Drops what a view holds and lets it ask for all of it again. */
  replay(sessionId: string): void {
    const view = this.#client.session(sessionId)
    view.forget()
    view.reconnect()
  }

  entriesOf(sessionId: string | undefined): LogEntry[] {
    const { entries } = this.log
    return sessionId === undefined
      ? [...entries]
      : entries.filter((entry) => entry.sessionId === sessionId)
  }

  /** Stops listening and disturbing. */
  close(): void {
    this.#tap.remove()
    this.#tap.delay = 0
    this.#listeners.clear()
  }
}

function lineOf(view: SessionView): SessionLine {
  const { connection, messages, pending, stale } = view.getSnapshot()
  const { status, error, endReason, lastReplay } = connection
  const replay =
    lastReplay && `${lastReplay.mode}${lastReplay.reason ? ` (${lastReplay.reason})` : ''}`
  const reason = error ? `${error.code}: ${error.message}` : (endReason ?? replay)
  const { cursor } = view.state
  return {
    sessionId: view.sessionId,
    status,
    ...(reason !== undefined && { reason }),
    ...(cursor !== undefined && { cursor }),
    seq: view.state.view.seq,
    messages: messages.length,
    pending: pending.length,
    stale,
  }
}
