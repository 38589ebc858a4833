import type { ActivityFrame, ActivityRow } from '@caughtup/schema'

import type { ClientContext } from '../core/client-context.ts'
import { type ClientStats, Counters } from '../core/counters.ts'
import type { ViewError } from '../core/errors.ts'
import { keepIdentity } from '../core/keep-identity.ts'
import type { CallContext } from '../links/link.ts'
import { LiveView } from '../live/live-view.ts'
import type { View } from '../live/published.ts'
import type { Progress } from '../live/stream-follower.ts'
import type { ActivityHint, ActivitySnapshot } from './activity-snapshot.ts'
import {
  type ActivityState,
  disconnectActivity,
  emptyActivityState,
  isCompletion,
  receiveActivityFrame,
} from './activity-state.ts'

/** The client that owns the activity view. */
export interface ActivityViewHost {
  readonly context: ClientContext
  /** The client's one view, once it was asked for. */
  view?: ActivityView
  /** Rows changed, or the feed became or stopped being caught up. */
  rowsChanged(): void
  /** Whether a view follows the session. */
  isFollowed(sessionId: string): boolean
}

/**
 * The view of the session list: the same object at each call. While it is subscribed, the views of
 * sessions show what it knows until they are caught up themselves.
 *
 * A function and not a member of the client, so that only pages with a session list have it in their
 * bundle.
 */
export function activityView(client: { readonly internals: ActivityViewHost }): ActivityView {
  const { internals: host } = client
  return (host.view ??= new ActivityView(host))
}

/** The session list: one row per session of the caller, kept live by one feed. */
export class ActivityView implements View<ActivitySnapshot> {
  readonly #context: ClientContext
  readonly #host: ActivityViewHost
  readonly #counters: Counters
  readonly #live: LiveView<ActivityFrame, ActivitySnapshot>
  #state: ActivityState = emptyActivityState
  /** One entry per call of `onCompletedInBackground`. */
  readonly #completionListeners = new Set<{ call: (row: ActivityRow) => void }>()

  /** @internal Views are made by `activityView`. */
  constructor(host: ActivityViewHost) {
    this.#host = host
    this.#counters = new Counters(host.context.counters)
    this.#context = { ...host.context, counters: this.#counters }
    this.#live = new LiveView(this.#context, {
      open: (options) => this.#open(options),
      receive: (frame, eventId) => this.#receive(frame, eventId),
      disconnected: () => this.#set(disconnectActivity(this.#state)),
      recovers: (error) => this.#recovers(error),
      build: (connection, previous) => ({
        connection: keepIdentity(previous?.connection, connection),
        stale: !this.#state.caughtUp,
        rows: this.#state.sorted,
      }),
    })
  }

  /** Opens the feed with the first subscriber; returns the unsubscribe. */
  readonly subscribe = (listener: () => void): (() => void) => this.#live.subscribe(listener)

  /** The same object until something changes. */
  readonly getSnapshot = (): ActivitySnapshot => this.#live.snapshot

  stats(): ClientStats {
    return this.#counters.read()
  }

  /** Connects anew at once, for instance after the cause of a permanent error was removed. */
  reconnect(): void {
    this.#live.reconnect()
  }

  /** Closes the feed and keeps it closed, subscribers or not. */
  pause(): void {
    this.#live.pause()
  }

  /** Ends a pause; the feed resumes after its cursor. */
  resume(): void {
    this.#live.resume()
  }

  /**
   * Calls the listener when an answer ended normally in a session that no view follows, once per answer;
   * not for interrupted ones. Answers that ended while the feed was reconnecting count too, except over
   * a restart of the server, when the feed begins anew. Returns the unsubscribe. It does not open the
   * feed: `subscribe` does.
   */
  onCompletedInBackground(listener: (row: ActivityRow) => void): () => void {
    const entry = { call: listener }
    this.#completionListeners.add(entry)
    return () => void this.#completionListeners.delete(entry)
  }

  /** @internal What the feed knows about one session. */
  hint(sessionId: string): ActivityHint | undefined {
    const row = this.#state.rows.get(sessionId)
    return row && { row, live: this.#state.caughtUp }
  }

  /** @internal */
  close(): void {
    this.#live.close()
  }

  #open({ signal, context }: { signal: AbortSignal; context: CallContext }) {
    const { cursor } = this.#state
    return this.#context.rpc.activity.subscribe(cursor === undefined ? {} : { since: cursor }, {
      signal,
      context,
    })
  }

  #receive(frame: ActivityFrame, eventId: string | undefined): Progress {
    const { rows } = this.#state
    this.#set(receiveActivityFrame(this.#state, frame, eventId))
    // Rows of a complete list do not count: the view takes them at the list's end, and they tell a
    // state and not that something just happened.
    for (const row of rowsOf(frame)) {
      const isTaken = this.#state.rows.get(row.sessionId) === row
      if (isTaken && isCompletion(rows.get(row.sessionId), row)) this.#completed(row)
    }
    return this.#state.caughtUp ? 'live' : 'replaying'
  }

  #completed(row: ActivityRow): void {
    if (this.#host.isFollowed(row.sessionId)) return
    for (const { call } of this.#completionListeners) {
      // In a turn of its own, so that an error of the listener surfaces and does not break the feed.
      this.#context.clock.after(0, () => call(row))
    }
  }

  #recovers(error: ViewError): boolean {
    if (error.code !== 'BAD_INPUT' || this.#state.cursor === undefined) return false
    this.#state = { ...this.#state, cursor: undefined }
    return true
  }

  #set(state: ActivityState): void {
    const before = this.#state
    this.#state = state
    if (state.rows !== before.rows || state.caughtUp !== before.caughtUp) this.#host.rowsChanged()
  }
}

function rowsOf(frame: ActivityFrame): readonly ActivityRow[] {
  if (frame.type === 'changed') return [frame.row]
  return frame.type === 'activities' ? frame.rows : []
}
