import type { ActivityFrame, ChatFrame } from '@caughtup/schema'
import { CaughtupError } from '@caughtup/schema/error'

import type { ClientContext } from '../core/client-context.ts'
import { ChatClientError, toViewError, type ViewError } from '../core/errors.ts'
import { remedyOf } from '../core/remedy.ts'
import { waitToRetry } from '../core/retry.ts'
import { type CallContext, ConnectionLost } from '../links/link.ts'
import type { Connection } from './connection.ts'
import { readEvents } from './event-stream.ts'
import { type NextStep, type Outcome, ReconnectPolicy } from './reconnect-policy.ts'
import { Watchdog } from './watchdog.ts'

/** What a frame did to the view. After a `gap` the stream is dropped and requested anew. */
export type Progress = 'replaying' | 'live' | 'gap'

/** The view that a stream feeds. */
export interface StreamTarget<Frame> {
  /** Requests the stream from the view's present position on. */
  open(options: { signal: AbortSignal; context: CallContext }): Promise<AsyncIterator<Frame>>
  /** @throws {CaughtupError} if the view cannot follow such a server */
  receive(frame: Frame, eventId: string | undefined): Progress
  /** The stream is over: from here on the view may be behind. */
  disconnected(): void
  /** Whether the next attempt requests something else after this error, so that it is not final. */
  recovers(error: ViewError): boolean
  connectionChanged(): void
}

/**
 * Keeps a view's stream: connects, passes frames to the view, and connects again when the stream
 * breaks. Only this class reconnects, with one attempt at a time.
 */
export class StreamFollower<Frame extends ChatFrame | ActivityFrame> {
  readonly #context: ClientContext
  readonly #target: StreamTarget<Frame>
  #connection: Connection = { status: 'idle', attempts: 0 }
  #running: AbortController | undefined
  /** Settles when the latest loop has ended its attempt. */
  #finished: Promise<void> = Promise.resolve()

  constructor(context: ClientContext, target: StreamTarget<Frame>) {
    this.#context = context
    this.#target = target
  }

  get connection(): Connection {
    return this.#connection
  }

  start(): void {
    if (this.#running || this.#context.closed.aborted) return
    const running = new AbortController()
    this.#running = running
    this.#set({ status: 'connecting', attempts: 0 })
    // The former loop ends its attempt before this one starts any. Because this takes a microtask, an
    // unsubscribe in the same turn (React's strict mode) costs no request.
    this.#finished = this.#finished.then(() => this.#follow(running.signal))
  }

  stop(): void {
    if (!this.#running) return
    this.#running.abort()
    this.#running = undefined
    this.#target.disconnected()
    this.#set({ status: 'idle', attempts: 0 })
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const policy = new ReconnectPolicy(this.#context, (error) => this.#target.recovers(error))
    while (!signal.aborted) {
      this.#set({ status: 'connecting', attempts: policy.attempt() })
      const outcome = await this.#connect(signal)
      if (signal.aborted) return
      this.#target.disconnected()
      const next = policy.next(outcome)
      switch (next.type) {
        case 'ended':
          return this.#set({
            status: 'ended',
            attempts: 0,
            endReason: next.reason,
            // Another stream of the same view took over, which a reconnection takes back.
            remedy: next.reason === 'replaced' ? 'try-again' : 'leave',
          })
        case 'failed': {
          const { attempts, error } = next
          return this.#set({ status: 'failed', attempts, error, remedy: remedyOf(error) })
        }
        case 'retry':
          await this.#wait(signal, next)
      }
    }
  }

  /** One attempt, from the request to the end of the stream. */
  async #connect(running: AbortSignal): Promise<Outcome> {
    const { clock, silence, counters, reconnect } = this.#context
    const attempt = new AbortController()
    const signal = AbortSignal.any([running, attempt.signal])
    const watchdog = new Watchdog(clock, silence, () => {
      attempt.abort(new ConnectionLost(`the stream was silent for ${silence} ms`))
    })
    const onBytes = (bytes: number) => {
      watchdog.touch()
      counters.add('bytesReceived', bytes)
    }
    const onWaiting = (reason?: Error) => {
      const { attempts } = this.#connection
      if (reason) watchdog.stop()
      else watchdog.restart()
      this.#set(
        reason
          ? { status: 'waiting', attempts, error: toViewError(reason) }
          : { status: 'connecting', attempts },
      )
    }
    let liveSince: number | undefined
    const outcome = (result: Pick<Outcome, 'end' | 'error'>): Outcome => ({
      ...result,
      live: liveSince !== undefined,
      stable: liveSince !== undefined && clock.monotonic() - liveSince >= reconnect.stableAfter,
    })
    counters.add('connects')
    try {
      const opening = this.#target.open({ signal, context: { onBytes, onWaiting } })
      for await (const { frame, eventId } of readEvents(opening, signal)) {
        if (signal.aborted) break
        watchdog.touch()
        counters.add('framesReceived')
        if (frame.type === 'heartbeat') continue
        if (frame.type === 'end') return outcome({ end: frame.reason })
        const progress = this.#receive(frame, eventId)
        if (progress === 'gap') return outcome({})
        if (progress === 'live') liveSince ??= clock.monotonic()
        this.#progressed(progress)
      }
      return outcome({ error: endedSilently })
    } catch (error) {
      return outcome({ error: toViewError(error) })
    } finally {
      watchdog.stop()
      attempt.abort()
    }
  }

  #receive(frame: Frame, eventId: string | undefined): Progress {
    try {
      return this.#target.receive(frame, eventId)
    } catch (error) {
      if (error instanceof CaughtupError) throw error
      // The next replay brings the same frame again, so it counts as an unknown error, not as NETWORK.
      const message = error instanceof Error ? error.message : String(error)
      throw new ChatClientError({ code: 'INTERNAL', message, data: {} }, { cause: error })
    }
  }

  #progressed(progress: 'replaying' | 'live'): void {
    const { status, attempts } = this.#connection
    if (status === progress) return
    this.#set({ status: progress, attempts: progress === 'live' ? 0 : attempts })
  }

  /**
   * Between two attempts. Being offline is only a status and stops no attempt: browsers also report
   * it on machines that reach the server without a default route.
   */
  async #wait(
    signal: AbortSignal,
    { attempts, error, wait }: Extract<NextStep, { type: 'retry' }>,
  ): Promise<void> {
    const { clock, network } = this.#context
    const shown = { attempts, ...(error && { error }) }
    const retryAt = clock.now() + wait.delay
    const show = () => {
      if (signal.aborted) return
      this.#set(
        network.isOnline()
          ? { ...shown, status: 'waiting', retryAt }
          : { ...shown, status: 'offline' },
      )
    }
    const unwatch = network.subscribe(show)
    show()
    try {
      await waitToRetry(this.#context, wait, signal)
    } catch (cause) {
      if (!signal.aborted) throw cause
    } finally {
      unwatch()
    }
  }

  #set(connection: Connection): void {
    this.#connection = connection
    this.#target.connectionChanged()
  }
}

/** The stream ended without a last frame that says why. */
const endedSilently: ViewError = {
  code: 'NETWORK',
  message: 'the stream broke off',
  data: {},
}
