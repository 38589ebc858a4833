import type { ActivityFrame, ChatFrame, EndReason } from '@caughtup/schema'

import { backoffDelay } from '../core/backoff.ts'
import { type CallContext, ConnectionLost } from '../links/link.ts'
import { readEvents } from './event-stream.ts'
import { pause } from '../core/pause.ts'
import type { Connection } from './connection.ts'
import { ChatClientError, isPermanentError, toViewError, type ViewError } from '../core/errors.ts'
import type { ViewContext } from '../core/client-context.ts'
import { Watchdog } from './watchdog.ts'

/** What a frame did to the view; `gap` drops the stream, and the view asks for what it misses. */
export type Progress = 'replaying' | 'live' | 'gap'

/** A view as the stream that feeds it sees it. */
export interface StreamTarget<Frame> {
  /** Asks for the stream from where the view stands now. */
  open(options: { signal: AbortSignal; context: CallContext }): Promise<AsyncIterator<Frame>>
  receive(frame: Frame, eventId: string | undefined): Progress
  /** The stream is gone: what is shown may be behind from here on. */
  disconnected(): void
  /** Whether another attempt asks for something else after this error, so that it is not final. */
  recovers(error: ViewError): boolean
  connectionChanged(): void
}

/** How one attempt ended. */
interface Outcome {
  end?: EndReason
  error?: ViewError
  /** It was live. */
  live: boolean
  /** It was live for so long that the delays begin again. */
  stable: boolean
}

/**
 * Keeps a view's stream: connects, hands on its frames, and connects again when it breaks. The one
 * place that reconnects, with one attempt at a time.
 */
export class StreamFollower<Frame extends ChatFrame | ActivityFrame> {
  readonly #context: ViewContext
  readonly #target: StreamTarget<Frame>
  #connection: Connection = { status: 'idle', attempts: 0 }
  #running: AbortController | undefined
  /** Settles when the latest loop has let go of its attempt. */
  #finished: Promise<void> = Promise.resolve()

  constructor(context: ViewContext, target: StreamTarget<Frame>) {
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
    // The former loop lets go of its attempt before this one makes any. The step between also lets
    // an unsubscribe that follows at once (React's strict mode) cost no request.
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
    let attempts = 0
    let failures = 0
    let unknownErrors = 0
    while (!signal.aborted) {
      attempts += 1
      this.#set({ status: 'connecting', attempts })
      const { end, error, live, stable } = await this.#connect(signal)
      if (signal.aborted) return
      this.#target.disconnected()
      if (end && end !== 'shutting-down') {
        return this.#set({ status: 'ended', attempts: 0, endReason: end })
      }
      if (live) attempts = 0
      failures = stable ? 1 : failures + 1
      unknownErrors = error?.code === 'INTERNAL' ? (stable ? 1 : unknownErrors + 1) : 0
      if (error && this.#isFinal(error, unknownErrors)) {
        return this.#set({ status: 'failed', attempts, error })
      }
      await this.#wait(signal, { attempts, ...(error && { error }) }, failures)
    }
  }

  /** One attempt, from the request to the end of the stream. */
  async #connect(running: AbortSignal): Promise<Outcome> {
    const { clock, silence, counters, reconnect } = this.#context
    const attempt = new AbortController()
    const signal = AbortSignal.any([running, attempt.signal])
    const watchdog = new Watchdog(clock, silence, () => {
      attempt.abort(new ConnectionLost(`nothing was heard for ${silence} ms`))
    })
    const onBytes = (bytes: number) => {
      watchdog.touch()
      counters.add('bytesReceived', bytes)
    }
    let liveSince: number | undefined
    const outcome = (result: Pick<Outcome, 'end' | 'error'>): Outcome => ({
      ...result,
      live: liveSince !== undefined,
      stable: liveSince !== undefined && clock.monotonic() - liveSince >= reconnect.stableAfter,
    })
    counters.add('connects')
    try {
      const opening = this.#target.open({ signal, context: { onBytes } })
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
      // A frame that the fold cannot take comes again with the next replay: not a matter of network.
      const message = error instanceof Error ? error.message : String(error)
      throw new ChatClientError({ code: 'INTERNAL', message, data: {} }, { cause: error })
    }
  }

  #progressed(progress: 'replaying' | 'live'): void {
    const { status, attempts } = this.#connection
    const now = progress === 'live' ? 'live' : 'connecting'
    if (status !== now) this.#set({ status: now, attempts: now === 'live' ? 0 : attempts })
  }

  #isFinal(error: ViewError, unknownErrors: number): boolean {
    if (this.#target.recovers(error)) return false
    return isPermanentError(error) || unknownErrors >= this.#context.reconnect.unknownErrors
  }

  /**
   * Between two attempts. Being offline is a status, not a reason to stop trying: a browser also
   * says so on machines that reach the server without a default route.
   */
  async #wait(
    signal: AbortSignal,
    told: Pick<Connection, 'attempts' | 'error'>,
    failures: number,
  ): Promise<void> {
    const { clock, network, random, reconnect } = this.#context
    const retryAfter = told.error?.data.retryAfter
    const delay = Math.max(retryAfter ?? 0, backoffDelay(failures, reconnect, random))
    const retryAt = clock.now() + delay
    this.#set(
      network.isOnline() ? { ...told, status: 'waiting', retryAt } : { ...told, status: 'offline' },
    )
    try {
      await pause(this.#context, delay, retryAfter !== undefined, signal)
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }

  #set(connection: Connection): void {
    this.#connection = connection
    this.#target.connectionChanged()
  }
}

const endedSilently: ViewError = {
  code: 'NETWORK',
  message: 'the stream broke off',
  data: {},
}
