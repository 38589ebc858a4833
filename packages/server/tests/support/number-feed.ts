import type { ORPCError } from '@orpc/server'

import type { ClientStream } from '../../src/streams/client-stream.ts'
import type { Feed, FollowOptions, Step } from '../../src/streams/feed.ts'
import type { SentFrame } from '../../src/streams/sent-frame.ts'
import type { StreamSource } from '../../src/streams/stream-registry.ts'
import type { Outlet } from '../../src/streams/outlet.ts'

/** A frame with the numbers after `from` up to `to`; a `replay` has all up to `to`. */
interface Numbers {
  type: 'replay' | 'numbers'
  from: number
  to: number
}

/** A feed of the numbers 1, 2, 3 … Readers at the same number share one batch, as the store's do. */
export class NumberFeed implements Feed {
  readonly #most: number
  newest = 0
  reads = 0
  followers = 0
  #changed = Promise.withResolvers<void>()
  #failure: Error | undefined
  #held: Promise<void> | undefined
  #batch: { from: number; step: Step } | undefined

  constructor({ most = 1_000_000 }: { most?: number } = {}) {
    this.#most = most
  }

  add(): void {
    this.newest++
    this.#batch = undefined
    this.#notify()
  }

  fail(error: Error): void {
    this.#failure = error
    this.#notify()
  }

  /** Delays the start of followers until it is resolved. */
  hold(): PromiseWithResolvers<void> {
    const held = Promise.withResolvers<void>()
    this.#held = held.promise
    void held.promise.then(() => (this.#held = undefined))
    return held
  }

  async *replay(_left: string | undefined): AsyncGenerator<SentFrame<Numbers>, void> {
    const to = this.newest
    yield { frame: { type: 'replay', from: 0, to }, id: String(to) }
  }

  async *follow(
    position: string,
    { signal, owed }: FollowOptions,
  ): AsyncGenerator<Step | 'too-far-behind', void> {
    this.followers++
    try {
      let at = Number(position)
      let owes = owed
      await this.#held
      for (;;) {
        signal.throwIfAborted()
        if (this.#failure) throw this.#failure
        if (at === this.newest) {
          owes = undefined
          await Promise.race([this.#changed.promise, aborted(signal)])
          continue
        }
        owes ??= this.newest
        if (this.newest - at > this.#most && at + this.#most >= owes) return yield 'too-far-behind'
        const step = this.#read(at)
        at = Number(step.position)
        yield { ...step, owed: owes }
      }
    } finally {
      this.followers--
    }
  }

  #read(from: number): Step {
    if (this.#batch?.from === from) return this.#batch.step
    this.reads++
    const to = Math.min(this.newest, from + this.#most)
    const sent: SentFrame<Numbers> = { frame: { type: 'numbers', from, to }, id: String(to) }
    const step: Step = { frames: [sent], position: String(to) }
    this.#batch = { from, step }
    return step
  }

  #notify(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

/** The source of streams of these numbers, which anybody may have. */
export function numbersSource(feed: NumberFeed): StreamSource {
  return {
    id: 'numbers',
    right: async () => async () => true,
    feed: () => feed,
    replay: (left) => feed.replay(left),
  }
}

/** A client that checks that it gets each number once. */
export class ReadingClient implements Outlet {
  readonly #stream: ClientStream
  readonly #capacity: number
  readonly frames: SentFrame<object>[] = []
  /** The newest number that it got. */
  last = 0
  unread = 0
  replays = 0
  isOver = false
  /** What throws when it is called. */
  broken: readonly ('write' | 'end' | 'fail' | 'cut')[] = []
  onWrite: () => void = () => undefined
  error: ORPCError<string, unknown> | undefined

  /** @param capacity - how many frames it leaves unread before it is full */
  constructor(stream: ClientStream, capacity: number) {
    this.#stream = stream
    this.#capacity = capacity
  }

  get isFull(): boolean {
    return this.unread >= this.#capacity
  }

  write(sent: SentFrame<object>): void {
    this.#assertSound('write')
    if (this.isOver) throw new Error('Something was written after the end.')
    this.frames.push(sent)
    this.unread++
    this.onWrite()
    const { frame } = sent
    if (!isNumbers(frame)) return
    if (frame.type === 'replay') this.replays++
    else if (frame.from !== this.last) {
      throw new Error(`Got the numbers after ${frame.from}, and is at ${this.last}.`)
    }
    this.last = frame.to
  }

  end(): void {
    this.#assertSound('end')
    this.isOver = true
  }

  fail(error: ORPCError<string, unknown>): void {
    this.#assertSound('fail')
    this.isOver = true
    this.error = error
  }

  cut(): void {
    this.#assertSound('cut')
    this.isOver = true
  }

  takeAll(): void {
    this.unread = 0
    this.#stream.drained()
  }

  leave(): void {
    this.isOver = true
    this.#stream.gone()
  }

  #assertSound(call: ReadingClient['broken'][number]): void {
    if (this.broken.includes(call)) throw new TypeError(`The connection breaks in ${call}.`)
  }
}

function isNumbers(frame: object): frame is Numbers {
  return 'type' in frame && (frame.type === 'numbers' || frame.type === 'replay')
}
