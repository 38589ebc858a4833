import type { EndReason } from '@caughtup/schema'
import type { Clock } from '@caughtup/schema/clock'
import type { ORPCError } from '@orpc/server'

import { shuttingDown } from '../errors/call-errors.ts'
import type { Replay, Step } from './feed.ts'
import { HeldTransients, type SentTransient } from './held-transients.ts'
import type { End, Heartbeat, SentFrame } from './sent-frame.ts'
import type { Hub, Member } from './hub.ts'
import type { Outlet } from './outlet.ts'

export interface ClientStreamOptions {
  hub: Hub
  replay: Replay
  clock: Clock
  /** Converts an unexpected error to what the client gets, and reports it. */
  toError: (error: unknown) => ORPCError<string, unknown>
  /** A transport has taken it: its caller may have it. */
  onBegin?: () => void
  /** A replay is over. */
  onCaughtUp?: () => void
  /** @param reason - that of its `end`, if it has one */
  onClose: (reason: EndReason | undefined) => void
}

/**
 * One client's stream: a replay, then what follows. At the head of its feed it is a member of the hub
 * and holds nothing but its position; while it is behind it reads by itself, as fast as its client
 * takes the frames.
 */
export class ClientStream implements Member {
  readonly #options: ClientStreamOptions
  #outlet: Outlet | undefined
  #position: string | undefined
  /** See `FollowOptions` of the store; `undefined` after a replay, when it is up to date. */
  #owed: number | undefined
  /** What it reads by itself; `undefined` at the head. */
  #reading: AbortController | undefined
  /** Since when its client has left frames unread, in ms of the monotonic clock. */
  #unreadSince: number | undefined
  /** Set while a frame that was read waits for room. */
  #drained: (() => void) | undefined
  /** Whether no replay is under way; `undefined` before the first one is over. */
  #isLive: boolean | undefined
  /** Transients that wait for room; `undefined` without any. */
  #held: HeldTransients | undefined
  #closed = false
  /** Why it ended before a transport had taken it. */
  #endedEarly: EndReason | undefined

  constructor(options: ClientStreamOptions) {
    this.#options = options
    this.#unreadSince = options.clock.monotonic()
  }

  get position(): string | undefined {
    return this.#position
  }

  /** How long its client has taken nothing although there is something, in ms. */
  get unreadFor(): number {
    if (this.#unreadSince === undefined) return 0
    return this.#options.clock.monotonic() - this.#unreadSince
  }

  /** Starts the replay. A stream that has ended before is ended on the outlet. */
  begin(outlet: Outlet): void {
    this.#outlet = outlet
    if (!this.#closed) {
      this.#unreadSince = undefined
      this.#options.onBegin?.()
      void this.#read('replay')
    } else if (this.#endedEarly) this.#sendEnd(this.#endedEarly)
    else this.cut()
  }

  deliver({ frames, owed }: Step): void {
    this.#owed = owed
    for (const sent of frames) this.#write(sent)
  }

  readOn(): void {
    if (!this.#closed) void this.#read('follow')
  }

  /**
   * Sends a transient once the stream is caught up. A client that does not keep up gets the newest of
   * each name and sender when there is room again, the frames that it is behind first.
   */
  tell(sent: SentTransient): void {
    if (this.#closed || this.#isLive === undefined) return
    if (this.#isLive && this.#unreadSince === undefined) return this.#write(sent)
    this.#held ??= new HeldTransients()
    this.#held.put(sent)
  }

  /** Sends a heartbeat, unless the client has enough to read. */
  beat(heartbeat: SentFrame<Heartbeat>): void {
    if (this.#outlet && this.#unreadSince === undefined) this.#write(heartbeat)
  }

  /** The outlet has room again. */
  drained(): void {
    if (this.#closed || this.#unreadSince === undefined) return
    if (this.#call((outlet) => outlet.isFull) !== false) return
    this.#unreadSince = undefined
    if (this.#drained) return this.#drained()
    if (!this.#reading && !this.#options.hub.join(this)) void this.#read('follow')
    // What it has missed goes first: a flood of transients must not keep a client from the events.
    if (this.#held) setImmediate(() => this.#tellHeld())
  }

  /** The client has disconnected. */
  gone(): void {
    this.#close()
  }

  /** Ends the stream after one last frame, the `end`. */
  end(reason: EndReason): void {
    if (this.#closed) return
    this.#close(reason)
    if (this.#outlet) this.#sendEnd(reason)
    else this.#endedEarly = reason
  }

  fail(error: ORPCError<string, unknown>): void {
    if (this.#closed) return
    // The caller was a member when the stream was opened, so the session is gone.
    if (error.code === 'NOT_FOUND') return this.end('session-deleted')
    this.#close()
    this.#call((outlet) => outlet.fail(error))
  }

  /** Closes the stream without an `end`: the client sees a broken connection. */
  cut(): void {
    this.#close()
    this.#call(cutOff)
  }

  /** Reads by itself until it is at the head. */
  async #read(first: 'replay' | 'follow'): Promise<void> {
    const reading = new AbortController()
    this.#reading = reading
    const { signal } = reading
    try {
      for (let next: 'replay' | 'follow' | 'joined' = first; next !== 'joined';) {
        next = next === 'replay' ? await this.#replay(signal) : await this.#follow(signal)
      }
    } catch (error) {
      if (!signal.aborted) this.fail(this.#options.toError(error))
    }
  }

  async #replay(signal: AbortSignal): Promise<'follow' | 'joined'> {
    this.#isLive &&= false
    for await (const sent of this.#options.replay(this.#position, signal)) {
      await this.#send(sent, signal)
    }
    this.#owed = undefined
    this.#isLive = true
    this.#options.onCaughtUp?.()
    return (await this.#joins(signal)) ? 'joined' : 'follow'
  }

  async #follow(signal: AbortSignal): Promise<'replay' | 'joined'> {
    const position = this.#position
    if (position === undefined) return 'replay'
    const options = { signal, owed: this.#owed }
    for await (const step of this.#options.hub.feed.follow(position, options)) {
      if (step === 'too-far-behind') return 'replay'
      for (const sent of step.frames) await this.#send(sent, signal)
      this.#owed = step.owed
      if (step.position === undefined) continue
      this.#position = step.position
      if (await this.#joins(signal)) return 'joined'
    }
    throw shuttingDown()
  }

  /** Whether it is at the head now. A client that has not read all so far does not keep up there. */
  async #joins(signal: AbortSignal): Promise<boolean> {
    await this.#room(signal)
    const hasJoined = this.#options.hub.join(this)
    if (hasJoined) {
      this.#reading = undefined
      this.#owed = 0
    }
    this.#tellHeld()
    return hasJoined
  }

  async #send(sent: SentFrame<object>, signal: AbortSignal): Promise<void> {
    await this.#room(signal)
    this.#write(sent)
  }

  async #room(signal: AbortSignal): Promise<void> {
    while (this.#unreadSince !== undefined && !signal.aborted) {
      await new Promise<void>((resolve) => (this.#drained = resolve))
      this.#drained = undefined
    }
    signal.throwIfAborted()
  }

  #write(sent: SentFrame<object>): void {
    if (this.#closed) return
    const isFull = this.#call((outlet) => {
      outlet.write(sent)
      return outlet.isFull
    })
    if (isFull === undefined) return
    if (sent.id !== undefined) this.#position = sent.id
    if (!isFull) return this.#held && this.#tellHeld()
    this.#unreadSince ??= this.#options.clock.monotonic()
    this.#options.hub.leave(this)
  }

  /** Writes what is held while there is room: each write writes the next one. */
  #tellHeld(): void {
    if (!this.#isLive || this.#unreadSince !== undefined) return
    const next = this.#held?.take()
    if (next) this.#write(next)
    else this.#held = undefined
  }

  #sendEnd(reason: EndReason): void {
    const frame: End = { type: 'end', reason }
    this.#call((outlet) => {
      outlet.write({ frame })
      outlet.end()
    })
  }

  /** Calls the outlet. If it throws, this stream alone is cut: the caller serves others as well. */
  #call<T>(call: (outlet: Outlet) => T): T | undefined {
    try {
      return this.#outlet && call(this.#outlet)
    } catch (error) {
      this.#options.toError(error)
      if (call !== cutOff) this.cut()
      return undefined
    }
  }

  #close(reason?: EndReason): void {
    if (this.#closed) return
    this.#closed = true
    this.#held = undefined
    this.#reading?.abort()
    this.#drained?.()
    this.#options.hub.leave(this)
    this.#options.onClose(reason)
  }
}

function cutOff(outlet: Outlet): void {
  outlet.cut()
}
