import {
  addUsage,
  type AgentPart,
  CaughtupError,
  type ContextUsage,
  type CustomMetadata,
  type EventDraft,
  type FinishReason,
  type Limits,
  type Op,
  type Part,
  type RunError,
  type Usage,
} from '@caughtup/schema'

import { assertIds, assertInput } from '../input/assert-input.ts'
import { list, object, objects } from '../input/kinds.ts'
import type { Coalescer } from '../commit/coalescer.ts'
import { MessageSize } from './message-size.ts'
import { type Change, PartBuilder } from './part-builder.ts'
import { asError } from '../commit/pending-commit.ts'
import { MessageSource } from '../commit/message-source.ts'

export interface WriterTarget {
  sessionId: string
  /** The active run. Once another run is active, the writer's calls reject. */
  runId: string
  /** Once another attempt at the run has begun, the writer's calls reject, too. @default any */
  attempt?: number
  /** An open message of that run. */
  messageId: string
  /**
   * Parts that the message already has; the result of one of their tool calls replaces the call's
   * part. @default none
   */
  parts?: readonly Part[]
  /** The host's metadata that the message already has; the agent's are added to them. @default none */
  custom?: CustomMetadata | undefined
}

export interface FinishOptions {
  reason: FinishReason
  /** What is added to the ledger. */
  usage?: Usage
  /** What is in the ledger already, and belongs to the message's usage, too. */
  earlierUsage?: Usage
  /** The model, for the ledger's totals per model. */
  model?: string
  contextUsage?: ContextUsage
  error?: RunError
  /** A last part, for instance the notice of an interruption. */
  part?: Part
}

/**
 * Returned by calls that need not wait. One promise serves all, because tokens come by the
 * thousand.
 */
const accepted = Promise.resolve()

/** Writes one message as its agent streams it. */
export class MessageWriter {
  readonly #source: MessageSource
  readonly #coalescer: Coalescer
  readonly #parts: PartBuilder
  readonly #size: MessageSize
  #first = true
  #finished: Promise<void> | undefined
  /** Why nothing more can be written: after a part that was lost, the rest would follow a hole. */
  #failure: Error | undefined

  /** @throws CaughtupError `BAD_INPUT` for a target without its ids */
  constructor(target: WriterTarget, coalescer: Coalescer, limits: Readonly<Limits>) {
    assertTarget(target)
    const { messageId, parts = [], custom } = target
    this.#source = new MessageSource(target)
    this.#coalescer = coalescer
    this.#parts = new PartBuilder(parts, custom)
    this.#size = new MessageSize(messageId, limits, { parts, custom })
  }

  get messageId(): string {
    return this.#source.messageId
  }

  /** The host's metadata that the message has by now. */
  get custom(): CustomMetadata {
    return this.#parts.custom
  }

  /** Whether a tool call of the message waits for an answer from outside. */
  get awaits(): boolean {
    return this.#parts.awaits
  }

  /** Whether a tool call of the message has no result yet. */
  get hasOpenCalls(): boolean {
    return this.#parts.hasOpenCalls
  }

  /**
   * Leaves the message open until its tool calls are answered: buffered deltas, the end of its texts,
   * the usage until now and the run's state `waiting` are one commit. Further calls change nothing, as
   * after `finish`.
   *
   * @throws CaughtupError as `finish`
   */
  suspend({ usage, earlierUsage, model }: Pick<FinishOptions, 'usage' | 'earlierUsage' | 'model'>) {
    const { messageId, runId } = this.#source
    const { ops } = this.#parts.endBlocks()
    const sum = sumOf(earlierUsage, usage)
    const waiting = { type: 'run-changed', status: 'waiting', ...(sum && { usage: sum }) } as const
    this.#finished ??= this.#append([
      ...(ops.length > 0 ? [{ type: 'message-delta' as const, messageId, ops: [...ops] }] : []),
      ...usageDrafts(runId, usage, model),
      ...(runId === undefined ? [] : [{ ...waiting, runId }]),
    ])
    return this.#finished
  }

  /**
   * Adds a part of the agent's stream. Text, reasoning, tool input and metadata are buffered for the
   * flush window: the call returns once there is room. A tool call, its result or error, and the end of
   * reasoning are committed before it returns. A refused part leaves the message as it was.
   *
   * @throws CaughtupError `CONFLICT` (`run-superseded`, `message-finished`), `NOT_FOUND` for a
   *   deleted message, `TOO_LARGE` above the limits of a message, `BAD_INPUT` for a value without a
   *   JSON form and for metadata above `limits.metadataBytes`
   */
  write(part: AgentPart): Promise<void> {
    try {
      this.#assertWritable()
      assertInput('part', part, object)
      const change = this.#parts.change(part)
      if (!change) return accepted
      const waiting = this.#enter(change)
      return waiting ? this.#wait(waiting) : accepted
    } catch (error) {
      this.#failure ??= asError(error)
      return Promise.reject(error)
    }
  }

  /**
   * Ends the message: buffered deltas, `part`, the finish, its usage and `alongside` (for instance
   * the end of the run) are one commit. Further calls change nothing, except after a failure of the
   * database or a `BAD_INPUT`: the message is then as it was, and can be written and finished.
   *
   * @throws CaughtupError `CONFLICT` (`run-superseded`, `message-finished`), `NOT_FOUND` for a
   *   deleted message, `BAD_INPUT` for a value that would not read back
   */
  finish(options: FinishOptions, alongside: readonly EventDraft[] = []): Promise<void> {
    this.#finished ??= this.#finishOnce(options, alongside)
    return this.#finished
  }

  /** What `finish` commits after the buffered deltas, for a caller who commits it with other guards. */
  finishDrafts({ part, model, usage, earlierUsage, ...end }: FinishOptions): EventDraft[] {
    const { messageId, runId } = this.#source
    const run = runId === undefined ? {} : { runId }
    const drafts: EventDraft[] = []
    if (part) {
      const op: Op = { op: 'put', part: this.#size.partCount, value: part }
      drafts.push({ type: 'message-delta', messageId, ops: [op] })
    }
    const sum = sumOf(earlierUsage, usage)
    drafts.push({
      type: 'message-finished',
      ...run,
      messageId,
      ...end,
      ...(sum && { usage: sum }),
    })
    return [...drafts, ...usageDrafts(runId, usage, model)]
  }

  async #finishOnce(options: FinishOptions, alongside: readonly EventDraft[]): Promise<void> {
    try {
      await this.#finish(options, alongside)
    } catch (error) {
      // Other errors say that the message ended elsewhere, which is final.
      const isFinal = error instanceof CaughtupError && error.code !== 'BAD_INPUT'
      if (!isFinal) this.#finished = undefined
      throw error
    }
  }

  #assertWritable(): void {
    if (this.#finished) throw this.#source.finished()
    const failure = this.#failure ?? this.#source.failure
    if (failure) throw failure
  }

  #enter({ ops, structural }: Change): Promise<void> | undefined {
    const { messageId } = this.#source
    const sizes = ops.map((op) => this.#size.admit(op))
    const first = this.#first
    this.#first = false
    if (structural) return this.#append([{ type: 'message-delta', messageId, ops: [...ops] }])
    let waiting: Promise<void> | undefined
    for (const [index, op] of ops.entries()) {
      waiting = this.#coalescer.delta(this.#source, op, sizes[index] ?? 0, first)
    }
    return waiting
  }

  /** Waits for room, or for a commit, which may have refused the deltas. */
  async #wait(waiting: Promise<void>): Promise<void> {
    try {
      await waiting
      if (this.#source.failure) throw this.#source.failure
    } catch (error) {
      this.#failure ??= asError(error)
      throw error
    }
  }

  async #finish(options: FinishOptions, alongside: readonly EventDraft[]): Promise<void> {
    assertInput('options', options, object)
    assertInput('alongside', alongside, objects)
    await this.#append([...this.finishDrafts(options), ...alongside])
  }

  async #append(drafts: readonly EventDraft[]): Promise<void> {
    const source = this.#source
    const { sessionId, guard } = source
    const slice = { sessionId, drafts, ...(guard && { guard }) }
    const result = await this.#coalescer.append(slice, { source, maxWaitMs: Infinity })
    if (result.refused !== undefined) throw source.refused(result.refused)
  }
}

function sumOf(earlier: Usage | undefined, usage: Usage | undefined): Usage | undefined {
  return earlier && usage ? addUsage(earlier, usage) : (usage ?? earlier)
}

function usageDrafts(
  runId: string | undefined,
  usage: Usage | undefined,
  model: string | undefined,
): EventDraft[] {
  if (!usage) return []
  const models = model === undefined ? undefined : { [model]: usage }
  const run = runId === undefined ? {} : { runId }
  return [{ type: 'usage', ...run, add: usage, ...(models && { models }) }]
}

function assertTarget(target: WriterTarget): void {
  assertInput('target', target, object)
  const { sessionId, runId, messageId, parts = [], custom = {} } = target
  assertIds({ sessionId, runId, messageId })
  assertInput('parts', parts, list)
  assertInput('custom', custom, object)
}
