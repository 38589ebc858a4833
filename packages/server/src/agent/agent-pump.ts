import type { AgentPart } from '@caughtup/schema'

import type { AgentStream } from '../host/agent.ts'
import { type DescribeError, wordsFor } from '../host/describe-error.ts'
import { withoutValues } from '../runs/run-errors.ts'
import type { RunEnd } from '../runs/run-execution.ts'
import type { UsageTally } from './agent-usage.ts'
import type { DeclaredParts } from './declared-parts.ts'
import { isTransient, readAgentPart, type Transient } from './read-agent-part.ts'
import { StreamEnd } from './stream-end.ts'

export interface AgentPumpOptions {
  /** Writes a part into the answer. */
  write: (part: AgentPart) => Promise<void>
  declared: DeclaredParts
  tally: UsageTally
  signal: AbortSignal
  /** Called once all parts of a step are written. */
  onStep: () => void
  /** Called for each part of a type that is not stored. */
  onIgnored: () => void
  /** @throws CaughtupError `BAD_INPUT`, `LIMIT_EXCEEDED` */
  emit: (name: string, data: unknown) => void
  onError: (error: unknown) => void
  describeError: DescribeError
}

/** Writes an agent's stream into a message, part by part; the agent waits while the store is behind. */
export class AgentPump {
  readonly #options: AgentPumpOptions
  readonly #end: StreamEnd
  #hasFailedToTell = false

  constructor(options: AgentPumpOptions) {
    this.#options = options
    this.#end = new StreamEnd(options.describeError)
  }

  /**
   * Returns how the stream ended. When the signal is aborted, the stream is told to return, and
   * nothing that it still yields is written. An agent that ignores its signal may keep this call
   * waiting forever: the caller does not have to wait for it.
   */
  async run(start: () => AgentStream | Promise<AgentStream>): Promise<RunEnd> {
    const { signal, onIgnored } = this.#options
    const stream = await start()
    const iterator = stream[Symbol.asyncIterator]()
    let over = false
    const abandon = () => {
      if (!over) void this.#abandon(iterator)
      over = true
    }
    signal.addEventListener('abort', abandon, { once: true })
    try {
      while (!signal.aborted && !this.#end.end.error) {
        const result = await iterator.next()
        if (result.done) over = true
        if (result.done || signal.aborted) break
        const part = await this.#take(result.value)
        if (part === 'told') continue
        if (part) this.#end.take(part)
        else onIgnored()
      }
      return this.#end.end
    } finally {
      signal.removeEventListener('abort', abandon)
      abandon()
    }
  }

  /** Returns the part if its type is stored. Errors do not quote the agent's values. */
  async #take(yielded: unknown): Promise<AgentPart | 'told' | undefined> {
    try {
      const read = readAgentPart(yielded)
      if (!read) return undefined
      if (isTransient(read)) return await this.#tell(read)
      const part = await this.#options.declared.take(read)
      if (part) await this.#keep(part)
      return read
    } catch (error) {
      throw withoutValues(error)
    }
  }

  /** One that cannot be sent is not worth the run: it is dropped, and the first of a run is reported. */
  async #tell(part: Transient): Promise<'told'> {
    try {
      const { type, data } = await this.#options.declared.data(part)
      this.#options.emit(type, data ?? null)
    } catch (error) {
      if (!this.#hasFailedToTell) this.#options.onError(error)
      this.#hasFailedToTell = true
    }
    return 'told'
  }

  async #keep(part: AgentPart): Promise<void> {
    const { write, tally, onStep, onError, describeError } = this.#options
    if (part.type === 'error') onError(part.error)
    else if (part.type === 'finish') tally.finish(part)
    else if (part.type === 'finish-step') {
      tally.step(part)
      onStep()
    } else if (part.type === 'tool-error') {
      onError(part.error)
      // The model reads these words, too.
      const error = wordsFor(part.error, describeError) ?? 'The tool failed.'
      await write({ ...part, error })
    } else await write(part)
  }

  /** Not awaited by `run`: a stuck stream never answers. */
  async #abandon(iterator: AsyncIterator<unknown>): Promise<void> {
    try {
      await iterator.return?.()
    } catch (error) {
      this.#options.onError(error)
    }
  }
}
