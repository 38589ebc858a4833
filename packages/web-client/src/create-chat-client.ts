import type { RecallPage, SearchHit } from '@caughtup/schema'
import { createORPCClient } from '@orpc/client'

import type { ActivityViewHost } from './activity/activity-view.ts'
import { type ChatClientOptions, resolveOptions } from './chat-client-options.ts'
import type { ChatRpc, ClientContext } from './core/client-context.ts'
import { type ClientStats, Counters } from './core/counters.ts'
import { Notifier } from './core/notifier.ts'
import { request } from './core/request.ts'
import { uuidSource } from './core/uuid-source.ts'
import { WakeUp } from './core/retry.ts'
import type { OpenLink } from './links/link.ts'
import { type SearchOptions, SessionView } from './session/session-view.ts'
import { SessionViews } from './session/session-views.ts'

export interface PageOptions {
  /** The `nextCursor` of the page before. */
  cursor?: string
  /** @default the server's `pageDefault` */
  limit?: number
}

/** What other entries of the package need of a client. */
interface ClientInternals extends ActivityViewHost {
  readonly link: OpenLink
  /** The views of sessions that are still referenced. */
  sessions(): SessionView[]
}

export interface ChatClient {
  /** The typed procedures, without retries; `asChatError` gives their errors the client's form. */
  readonly rpc: ChatRpc
  /** The view of a session: one object per id, as long as it is referenced. */
  session(sessionId: string): SessionView
  /**
   * Finds messages of all sessions of the caller that have every word of a text, newest first. The text
   * is plain, and its last word may be the beginning of one. Rejects with a `ChatClientError`.
   */
  search(text: string, options?: SearchOptions): Promise<{ hits: SearchHit[] }>
  /**
   * The caller's own prompts in all of its sessions, newest first, page by page: to offer them again, as
   * on arrow-up. A page may have fewer than `limit`, or none, and still have a `nextCursor`. Rejects with
   * a `ChatClientError`.
   */
  prompts(options?: PageOptions): Promise<RecallPage>
  /** @internal For `activityView`, and for the devtools. */
  readonly internals: ClientInternals
  /** The counters of all views together. */
  stats(): ClientStats
  /**
   * Ends all streams and calls. The views keep their snapshots and open no more streams. What the `outbox` has
   * is sent by the next client that has the same.
   */
  close(): void
}

/**
 * A client of one server. It opens no connection before the first subscription or call, so that it can
 * be created while a server renders a page; except to send what its `outbox` still has.
 */
export function createChatClient(options: ChatClientOptions): ChatClient {
  const {
    link: openLink,
    outbox: openOutbox,
    cache: openCache,
    schedule,
    notifyEvery,
    idleViews,
    fullStreams,
    ...settings
  } = resolveOptions(options)
  const { clock } = settings
  const closed = new AbortController()
  const counters = new Counters()
  const notifier = new Notifier({ clock, schedule, every: notifyEvery })
  const link = openLink({ clock, received: (length) => counters.add('bytesReceived', length) })
  const rpc: ChatRpc = createORPCClient(link)
  const context: ClientContext = {
    ...settings,
    rpc,
    newId: uuidSource(clock),
    renewConnection: () => link.renew?.(),
    notifier,
    counters,
    wakeUp: new WakeUp(),
    closed: closed.signal,
  }
  const internals: ClientInternals = {
    context,
    link,
    sessions: () => views.all(),
    rowsChanged: () => views.activityChanged(),
    isFollowed: (sessionId) => views.peek(sessionId)?.isFollowing ?? false,
  }
  const outbox = openOutbox({
    context,
    changed: (sessionId) => views.peek(sessionId)?.outboxChanged(),
    answered: (sessionId, messageId) => views.peek(sessionId)?.answered(messageId),
    isConnected: (id) => settings.network.isOnline() && views.peek(id)?.isCut !== true,
  })
  const cache = openCache?.(context)
  const views: SessionViews = new SessionViews(
    { idleViews, fullStreams },
    (sessionId) =>
      new SessionView(sessionId, context, {
        outbox,
        cache,
        activityOf: (id) => internals.view?.hint(id),
        subscribedChanged: (view, subscribed) => views.subscribedChanged(view, subscribed),
        preferred: (view) => views.prefer(view),
        pausedChanged: () => views.share(),
      }),
  )
  return {
    internals,
    rpc,
    session: (sessionId) => views.get(sessionId),
    search: (text, options) =>
      request(context, (signal) => rpc.sessions.search({ text, ...options }, { signal })),
    prompts: (options) => request(context, (signal) => rpc.sessions.prompts(options, { signal })),
    stats: () => counters.read(),
    close() {
      closed.abort(new Error('the client was closed'))
      internals.view?.close()
      views.close()
      link.close?.()
      notifier.close()
    },
  }
}
