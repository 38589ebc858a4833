import type { ActivityFrame, ChatFrame } from '@caughtup/schema'
import { abortable } from '@caughtup/schema/abortable'
import { type Clock, sleep } from '@caughtup/schema/clock'

import { toViewError } from '../core/errors.ts'
import { ConnectionLost, type OpenLink } from '../links/link.ts'
import type { LogEntry } from './log.ts'
import { frameSummary } from './summary.ts'

type Call = OpenLink['call']

/**
 * Listens to all that travels over a client's link, and can disturb it: while it is on, calls go
 * through it. Frames and answers are handed on unchanged.
 */
export class Tap {
  /** How much later frames and answers come, in ms. */
  delay = 0
  readonly #link: OpenLink
  readonly #clock: Clock
  readonly #heard: (entry: Omit<LogEntry, 'id'>) => void
  readonly #call: Call
  #cut = new AbortController()

  constructor(link: OpenLink, clock: Clock, heard: (entry: Omit<LogEntry, 'id'>) => void) {
    this.#link = link
    this.#clock = clock
    this.#heard = heard
    this.#call = link.call
    link.call = (path, input, options) => this.#through(path, input, options)
  }

  /** Breaks all streams and calls under way, as a lost connection would. New ones go through. */
  cut(): void {
    this.#cut.abort(new ConnectionLost('the devtools cut the connection'))
    this.#cut = new AbortController()
  }

  /** Lets calls go past it again. Streams that it listens to are heard to their end. */
  remove(): void {
    this.#link.call = this.#call
  }

  async #through(...[path, input, options]: Parameters<Call>): Promise<unknown> {
    const procedure = path.join('.')
    const sessionId = sessionOf(input)
    const about = { procedure, ...(sessionId !== undefined && { sessionId }) }
    const hear = (entry: Pick<LogEntry, 'kind' | 'summary' | 'detail'>) => {
      this.#heard({ ...about, at: this.#clock.now(), ...entry })
    }
    hear({ kind: 'call', summary: 'called', detail: input })
    const { signal } = this.#cut
    try {
      const output = await this.#call.call(this.#link, path, input, options)
      if (isStream(output)) return this.#stream(output, signal, hear)
      await this.#late(signal)
      hear({ kind: 'answer', summary: 'answered', detail: output })
      return output
    } catch (error) {
      hear({ kind: 'error', ...described(error) })
      throw error
    }
  }

  async *#stream(
    frames: AsyncIterable<unknown>,
    signal: AbortSignal,
    hear: (entry: Pick<LogEntry, 'kind' | 'summary' | 'detail'>) => void,
  ): AsyncGenerator<unknown, void, undefined> {
    const iterator = frames[Symbol.asyncIterator]()
    try {
      for (;;) {
        const next = await abortable(iterator.next(), signal)
        if (next.done) return hear({ kind: 'end', summary: 'the stream ended' })
        await this.#late(signal)
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the contract's streams yield these
        const frame = next.value as ChatFrame | ActivityFrame
        hear({ kind: 'frame', summary: frameSummary(frame), detail: frame })
        yield next.value
      }
    } catch (error) {
      hear({ kind: 'error', ...described(error) })
      throw error
    } finally {
      // Not awaited: a stream that was cut may not answer any more.
      iterator.return?.().catch(() => {
        // It has ended already, which is what was asked for.
      })
    }
  }

  async #late(signal: AbortSignal): Promise<void> {
    if (this.delay > 0) await sleep(this.#clock, this.delay, signal)
    signal.throwIfAborted()
  }
}

function described(error: unknown): Pick<LogEntry, 'summary' | 'detail'> {
  const { code, message, data } = toViewError(error)
  return { summary: `${code}: ${message}`, detail: { code, message, data } }
}

function isStream(output: unknown): output is AsyncIterable<unknown> {
  return typeof output === 'object' && output !== null && Symbol.asyncIterator in output
}

function sessionOf(input: unknown): string | undefined {
  if (typeof input !== 'object' || input === null || !('sessionId' in input)) return undefined
  return typeof input.sessionId === 'string' ? input.sessionId : undefined
}
