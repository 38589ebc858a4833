import type { ChatFrame, SearchHit } from '@caughtup/schema'
import { presenceName, protocolMismatch, protocolVersion } from '@caughtup/schema/protocol'

import type { ActivityHint } from '../activity/activity-snapshot.ts'
import type { ClientContext } from '../core/client-context.ts'
import { type ClientStats, Counters } from '../core/counters.ts'
import { toViewError, type ViewError } from '../core/errors.ts'
import { request } from '../core/request.ts'
import type { CallContext } from '../links/link.ts'
import type { Connection } from '../live/connection.ts'
import { LiveView } from '../live/live-view.ts'
import type { View } from '../live/published.ts'
import type { Progress } from '../live/stream-follower.ts'
import type { OpenOutbox } from '../outbox/outbox.ts'
import { markAnswered, showOutbox } from '../outbox/pending-prompts.ts'
import { buildSessionSnapshot } from './build-session-snapshot.ts'
import { CallOrder } from './call-order.ts'
import { type HistoryCalls, historyCalls } from './history-calls.ts'
import { type MessageCalls, messageCalls } from './message-calls.ts'
import { type PromptCalls, promptCalls } from './prompt-calls.ts'
import { newestDone, ReadMark } from './read-mark.ts'
import type { SessionSnapshot } from './session-snapshot.ts'
import {
  disconnect,
  emptySessionState,
  forgetPlace,
  modeOf,
  receiveFrame,
  receivePage,
  type SessionState,
} from './session-state.ts'

/** What keeps sessions for the next page. It never fails: what it does not have comes by the network. */
export interface SessionCache {
  /** Shows what is cached of a view that knows nothing yet; resolves when there is nothing more to come. */
  restore(view: SessionView): Promise<void>
  /** The view's connection changed, or the last subscriber goes. */
  changed(view: SessionView, isLeft: boolean): void
  remove(sessionId: string): void
}

/** The client that owns a session view. */
export interface SessionViewHost {
  readonly outbox: OpenOutbox
  readonly cache: SessionCache | undefined
  activityOf(sessionId: string): ActivityHint | undefined
  subscribedChanged(view: SessionView, subscribed: boolean): void
  /** The view is to have a stream before others. */
  preferred(view: SessionView): void
  /** The view was paused, or goes on. */
  pausedChanged(): void
}

export interface SearchOptions {
  /** Most messages to find, at most 200. @default 50 */
  limit?: number
}

/** What a member or the agent tells all who are watching. */
export interface Signal {
  name: string
  data: unknown
  /** The principal who sent it; absent if the agent did. */
  from?: string
}

/** Hears of each frame that the view has taken in, with the state before. */
export type SessionObserver = (frame: ChatFrame, before: SessionState) => void

/**
 * One session as a client shows it. Its stream is open while it has subscribers; its state stays when
 * the last one leaves, and the next one resumes from there.
 *
 * Prompts, interruptions and changes of history reach the server in the order of the calls, each after
 * the answer to the one before. Methods that call the server reject with a `ChatClientError`.
 */
export class SessionView implements View<SessionSnapshot> {
  readonly sessionId: string
  /** `edit`, `delete`, `undo`, `redo`, `truncate`, `erase`, `compact` and `reset`. */
  readonly history: HistoryCalls
  /** @internal */
  readonly context: ClientContext
  /** @internal */
  readonly observers = new Set<SessionObserver>()
  readonly send: PromptCalls['send']
  readonly retryPending: PromptCalls['retryPending']
  readonly updatePending: PromptCalls['updatePending']
  readonly dismissPending: PromptCalls['dismissPending']
  readonly retry: MessageCalls['retry']
  readonly resend: MessageCalls['resend']
  readonly choose: MessageCalls['choose']
  readonly versions: MessageCalls['versions']
  readonly respond: MessageCalls['respond']
  readonly updateQueued: MessageCalls['updateQueued']
  readonly #host: SessionViewHost
  readonly #counters: Counters
  readonly #live: LiveView<ChatFrame, SessionSnapshot>
  /** Identifies this view's streams to the server, so that a new one replaces a dead one. */
  readonly #streamId: string
  #state: SessionState = emptySessionState
  #olderRequests = 0
  readonly #calls = new CallOrder()
  readonly #readMark: ReadMark

  /** @internal Views are made by `client.session(id)`. */
  constructor(sessionId: string, context: ClientContext, host: SessionViewHost) {
    this.sessionId = sessionId
    this.#host = host
    this.#counters = new Counters(context.counters)
    this.context = { ...context, counters: this.#counters }
    this.#streamId = context.newId()
    this.#readMark = new ReadMark(this.context, sessionId)
    const prompts = promptCalls(this.context, sessionId, this.#calls, host.outbox)
    this.send = prompts.send
    this.retryPending = prompts.retryPending
    this.updatePending = prompts.updatePending
    this.dismissPending = prompts.dismissPending
    this.history = historyCalls(this.context, sessionId, this.#calls)
    const calls = messageCalls(this.context, sessionId, this.#calls, () => this.#shownRun())
    const { retry, resend, choose, versions, respond, updateQueued } = calls
    this.respond = respond
    this.updateQueued = updateQueued
    this.retry = retry
    this.resend = resend
    this.choose = choose
    this.versions = versions
    this.#live = new LiveView(this.context, {
      open: (options) => this.#open(options),
      receive: (frame, eventId) => this.#receive(frame, eventId),
      disconnected: () => this.#disconnected(),
      recovers: (error) => this.#recovers(error),
      build: (connection, previous) =>
        buildSessionSnapshot(
          sessionId,
          this.#state,
          connection,
          host.activityOf(sessionId),
          previous,
        ),
      subscribedChanged: (subscribed) => this.#subscribedChanged(subscribed),
      connectionChanged: () => host.cache?.changed(this, false),
    })
    this.outboxChanged()
  }

  /** Opens the stream with the first subscriber; returns the unsubscribe. */
  readonly subscribe = (listener: () => void): (() => void) => this.#live.subscribe(listener)

  /** The same object until something changes. */
  readonly getSnapshot = (): SessionSnapshot => this.#live.snapshot

  stats(): ClientStats {
    return this.#counters.read()
  }

  /**
   * Ends the run that is shown. If there is none or it is over, waits for the calls before this one, so
   * that it ends the run of a prompt that is still under way; otherwise ends the active run, if any.
   * With an id, removes that run from `queue`, or ends it if it began meanwhile.
   */
  interrupt(runId?: string): Promise<{ interrupted: boolean }> {
    if (runId !== undefined) return this.#interrupt(runId)
    return this.#calls.addAtOnce(async (before) => {
      const shown = this.#shownRun()
      const answer = shown === undefined ? undefined : await this.#interrupt(shown)
      if (answer?.interrupted) return answer
      const { runId, queued } = (await before) ?? {}
      if (runId !== undefined && queued === false) return this.#interrupt(runId)
      return answer ?? this.#interrupt(this.#shownRun())
    })
  }

  /**
   * Moves the caller's read mark forward to `upTo` (an order), by default to the newest message that
   * is done: an answer that still grows counts as unread once it is complete.
   */
  markRead(upTo = newestDone(this.#state.view)): Promise<void> {
    return this.#readMark.moveTo(upTo)
  }

  /**
   * Loads the next older page, one at a time. Does not throw: an error is in `olderError`, and the next
   * call requests the same page. An answer that no longer fits, because the session was compacted or
   * replayed meanwhile, is dropped.
   */
  async loadOlder(): Promise<void> {
    const { older, view } = this.#state
    if (older || !view.hasOlder) return
    const id = ++this.#olderRequests
    this.#change({ older: { id, changes: [] }, olderError: undefined })
    const before = view.messages[0]?.order
    const { sessionId } = this
    try {
      const page = await request(this.context, (signal) =>
        this.context.rpc.history.loadMore(
          { sessionId, ...(before !== undefined && { cursor: { before } }) },
          { signal },
        ),
      )
      this.#state = receivePage(this.#state, id, page)
      this.#live.changed()
    } catch (cause) {
      if (this.#state.older?.id !== id) return
      this.#change({ older: undefined, olderError: toViewError(cause) })
    }
  }

  /**
   * Tells all who are watching, also the caller's other devices, something of the moment: any JSON.
   * Not repeated if it fails, nor ordered with other calls.
   */
  async signal(name: string, data: unknown): Promise<void> {
    const input = { sessionId: this.sessionId, name, data }
    await request(this.context, (signal) => this.context.rpc.sessions.signal(input, { signal }))
  }

  /**
   * Calls the listener with each signal that comes while the view is live, also the caller's own.
   * Returns the unsubscribe. It does not open the stream: `subscribe` does.
   */
  onSignal(listener: (signal: Signal) => void): () => void {
    const observe: SessionObserver = (frame) => {
      if (frame.type !== 'transient' || frame.name === presenceName) return
      const { type: _, ...signal } = frame
      try {
        listener(signal)
      } catch (error) {
        // It must not break the stream; it surfaces in a turn of its own.
        this.context.clock.after(0, () => {
          throw error
        })
      }
    }
    this.observers.add(observe)
    return () => void this.observers.delete(observe)
  }

  /** Connects anew at once, for instance after the cause of a permanent error was removed. */
  reconnect(): void {
    this.#host.preferred(this)
    this.#live.reconnect()
  }

  /** Closes the stream and keeps it closed, subscribers or not. */
  pause(): void {
    this.#live.pause()
    this.#host.pausedChanged()
  }

  /** Ends a pause; the view resumes after its cursor. */
  resume(): void {
    this.#host.preferred(this)
    this.#live.resume()
    this.#host.pausedChanged()
  }

  /** Finds messages of the session, of every epoch, that have every word of a text, newest first. */
  search(text: string, options?: SearchOptions): Promise<{ hits: SearchHit[] }> {
    const { sessionId } = this
    return request(this.context, (signal) =>
      this.context.rpc.history.search({ sessionId, text, ...options }, { signal }),
    )
  }

  /** @internal */
  get state(): SessionState {
    return this.#state
  }

  /** @internal The activity row of this session changed. */
  activityChanged(): void {
    if (!this.#state.caughtUp) this.#live.changedByFrame()
  }

  /** @internal */
  get isPaused(): boolean {
    return this.#live.isPaused
  }

  /** @internal Whether the view gives way to others, because there are more than `fullStreams`. */
  displace(displaced: boolean): void {
    this.#live.displace(displaced)
  }

  /** @internal What the outbox has of this session changed. */
  outboxChanged(): void {
    const { pending, view } = this.#state
    const next = showOutbox(pending, this.#host.outbox.of(this.sessionId), view)
    if (next !== pending) this.#change({ pending: next })
  }

  /** @internal */
  answered(messageId: string): void {
    this.#change({ pending: markAnswered(this.#state.pending, messageId) })
  }

  /** @internal Whether the stream broke and is not back. */
  get isCut(): boolean {
    const { status, attempts } = this.#live.connection
    return status === 'waiting' || status === 'offline' || (status === 'connecting' && attempts > 1)
  }

  /** @internal Whether the session is shown, also while its stream reconnects. */
  get isFollowing(): boolean {
    const { status } = this.#live.connection
    return status !== 'idle' && status !== 'displaced' && status !== 'ended' && status !== 'failed'
  }

  /** @internal */
  get connection(): Connection {
    return this.#live.connection
  }

  /** @internal Drops the state; the next subscriber starts with a full replay, or from the cache. */
  forget(): void {
    this.restore(emptySessionState)
  }

  /** @internal Goes on from a state. */
  restore(state: SessionState): void {
    this.#state = state
    this.outboxChanged()
    this.#live.changed()
  }

  /** @internal */
  close(): void {
    this.#live.close()
  }

  #shownRun(): string | undefined {
    return this.#state.caughtUp ? this.#state.view.run?.id : undefined
  }

  #interrupt(runId: string | undefined): Promise<{ interrupted: boolean }> {
    const input = { sessionId: this.sessionId, ...(runId !== undefined && { runId }) }
    return request(this.context, (signal) => this.context.rpc.runs.interrupt(input, { signal }))
  }

  async #open({ signal, context }: { signal: AbortSignal; context: CallContext }) {
    if (this.#host.cache) await this.#host.cache.restore(this)
    return this.context.rpc.onChat(
      { sessionId: this.sessionId, mode: modeOf(this.#state), streamId: this.#streamId },
      { signal, context },
    )
  }

  /** @throws {CaughtupError} `PROTOCOL_MISMATCH` if the server speaks another version */
  #receive(frame: ChatFrame, eventId: string | undefined): Progress {
    if (frame.type === 'replay' && frame.protocol !== protocolVersion) {
      throw protocolMismatch(protocolVersion, frame.protocol)
    }
    if (frame.type === 'events') this.#counters.add('eventsReceived', frame.events.length)
    if (frame.type === 'text') this.#counters.add('eventsReceived')
    const before = this.#state
    const { state, gap } = receiveFrame(before, frame, eventId)
    this.#state = state
    if (gap) return 'gap'
    if (state.caughtUp && !before.caughtUp) this.context.wakeUp.ring()
    for (const observe of this.observers) observe(frame, before)
    return state.caughtUp ? 'live' : 'replaying'
  }

  #disconnected(): void {
    this.#state = disconnect(this.#state)
  }

  #subscribedChanged(subscribed: boolean): void {
    // While the stream is closed no changes are noted, so a page that comes then would be stale.
    if (!subscribed) {
      this.#state = { ...this.#state, older: undefined }
      this.#host.cache?.changed(this, true)
    }
    this.#host.subscribedChanged(this, subscribed)
  }

  /** After an error about the cursor a full replay can succeed, because it needs none. */
  #recovers(error: ViewError): boolean {
    const { cursor, lastReplay } = this.#state
    if (cursor === undefined) return false
    // What was cached may have been damaged, so that nothing can be applied to it.
    if (!lastReplay && error.code === 'INTERNAL') {
      this.#host.cache?.remove(this.sessionId)
      this.forget()
    } else if (error.code === 'BAD_INPUT') this.#state = forgetPlace(this.#state)
    else return false
    return true
  }

  #change(change: Partial<SessionState>): void {
    this.#state = { ...this.#state, ...change }
    this.#live.changed()
  }
}
