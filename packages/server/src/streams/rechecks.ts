import type { EndReason } from '@caughtup/schema'
import type { OnError } from '@caughtup/store'

import type { ClientStream } from './client-stream.ts'

/** In how many turns the open streams are asked per interval: each stream in one of them. */
export const turnsPerInterval = 30
/** How many streams are asked before other work gets a turn. */
const asksPerTurn = 64

/**
 * Whether a stream may go on: why it must end or, if that depends on the host, the question to it,
 * which only `true` answers in favour of the stream.
 */
export type Right = () => Promise<EndReason | (() => Promise<boolean>)>

export interface Rechecked {
  readonly stream: Pick<ClientStream, 'end'>
  readonly right: Right
  /** The procedure, for errors. */
  readonly where: string
}

/**
 * Asks whether open streams may still go on, and ends those that may not. An error is no verdict: it is
 * reported, and the stream goes on until it is asked about again.
 */
export class Rechecks {
  readonly #onError: OnError
  /** The streams of each turn. They are dealt out evenly, also if all of them opened at once. */
  readonly #turns = Array.from({ length: turnsPerInterval }, () => new Set<Rechecked>())
  #dealt = 0
  #turn = 0
  /** Streams about which the host has not answered yet. */
  readonly #asking = new WeakSet<Rechecked>()

  constructor(onError: OnError) {
    this.#onError = onError
  }

  /** Asks about the stream once per interval, until the returned function is called. */
  add(stream: Rechecked): () => void {
    const turn = this.#turns[this.#dealt++ % turnsPerInterval]
    turn?.add(stream)
    return () => turn?.delete(stream)
  }

  /** The next turn of an interval. */
  next(): void {
    void this.now(this.#turns[this.#turn++ % turnsPerInterval] ?? [])
  }

  /**
   * Asks now. Resolves when it knows who is a member; the host may take longer, and is not awaited. With
   * `asksHost: false`, it is not asked at all.
   */
  async now(streams: Iterable<Rechecked>, { asksHost = true } = {}): Promise<void> {
    const asked: Promise<void>[] = []
    for (const stream of streams) {
      asked.push(this.#ask(stream, asksHost))
      if (asked.length % asksPerTurn === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    await Promise.all(asked)
  }

  async #ask(asked: Rechecked, asksHost: boolean): Promise<void> {
    const { stream, right, where } = asked
    try {
      const answer = await right()
      if (typeof answer === 'string') stream.end(answer)
      else if (asksHost) void this.#askHost(asked, answer)
    } catch (error) {
      this.#onError(error, where)
    }
  }

  async #askHost(asked: Rechecked, question: () => Promise<boolean>): Promise<void> {
    if (this.#asking.has(asked)) return
    this.#asking.add(asked)
    try {
      if (!(await question())) asked.stream.end('forbidden')
    } catch (error) {
      this.#onError(error, asked.where)
    } finally {
      this.#asking.delete(asked)
    }
  }
}
