import {
  type AgentPart,
  CaughtupError,
  type ContextUsage,
  type EventDraft,
  type FinishReason,
  type Limits,
  type Op,
  type Part,
  type RunError,
  type Usage,
} from '@caughtup/schema'

import { type Coalescer, encodedBytes } from './coalescer.ts'
import { PartBuilder } from './part-builder.ts'
import type { SliceResult } from './storage.ts'

export interface WriterTarget {
  sessionId: string
  /** The active run; when it is not any more, the writer's calls reject. */
  runId: string
  /** An open message of that run. */
  messageId: string
  /** Parts that the message has already. @default 0 */
  partCount?: number
}

export interface FinishOptions {
  reason: FinishReason
  usage?: Usage
  contextUsage?: ContextUsage
  error?: RunError
  /** A last part, for instance the notice of an interruption. */
  part?: Part
}

/** Writes one message as its agent streams it. */
export class MessageWriter {
  readonly messageId: string
  readonly #target: WriterTarget
  readonly #coalescer: Coalescer
  readonly #limits: Readonly<Limits>
  readonly #settled: (result: SliceResult) => Promise<void>
  readonly #parts: PartBuilder
  #bytes = 0
  /** Parts that were admitted: the place of the next one. */
  #partCount: number
  #first = true
  #finished: Promise<void> | undefined
  /** Why nothing more can be written. */
  #failure: Error | undefined
  #watched: Promise<SliceResult> | undefined

  constructor(
    target: WriterTarget,
    coalescer: Coalescer,
    limits: Readonly<Limits>,
    /** Resolves when the result was offered to whoever follows message states. */
    settled: (result: SliceResult) => Promise<void>,
  ) {
    this.messageId = target.messageId
    this.#target = target
    this.#coalescer = coalescer
    this.#limits = limits
    this.#settled = settled
    this.#partCount = target.partCount ?? 0
    this.#parts = new PartBuilder(this.#partCount)
  }

  /**
   * Adds a part of the agent's stream.
   *
   * Text, reasoning and tool input gather with the flush window: the call returns once there is
   * room for more. A tool call, its result or error, and the end of reasoning are committed
   * before it returns.
   *
   * @throws CaughtupError `CONFLICT` (`run-superseded`, `message-finished`), `TOO_LARGE` when the
   *   message would pass its limits, `BAD_INPUT` for a value without JSON form; the message stays
   *   as it was and can be finished.
   */
  async write(part: AgentPart): Promise<void> {
    if (this.#finished) throw finishedError(this.messageId)
    if (this.#failure) throw this.#failure
    const { ops, structural } = this.#parts.change(part)
    if (ops.length === 0) return
    const bytes = this.#admit(ops)
    if (structural) {
      this.#first = false
      await this.#append([{ type: 'message-delta', messageId: this.messageId, ops }])
      return
    }
    const { sessionId, runId } = this.#target
    const { accepted, outcome } = this.#coalescer.delta({
      sessionId,
      runId,
      messageId: this.messageId,
      ops,
      bytes,
      first: this.#first,
    })
    this.#first = false
    this.#watch(outcome)
    await accepted
  }

  /**
   * Ends the message: what is pending, `part`, the finish itself, its usage, and `alongside` (for
   * instance the end of the run) are one commit. A second call changes nothing.
   *
   * @throws CaughtupError `CONFLICT` (`run-superseded`)
   */
  finish(options: FinishOptions, alongside: readonly EventDraft[] = []): Promise<void> {
    this.#finished ??= this.#finish(options, alongside)
    return this.#finished
  }

  async #finish({ part, ...end }: FinishOptions, alongside: readonly EventDraft[]): Promise<void> {
    const { messageId } = this
    const { runId } = this.#target
    const drafts: EventDraft[] = []
    if (part) {
      const op: Op = { op: 'put', part: this.#partCount, value: part }
      drafts.push({ type: 'message-delta', messageId, ops: [op] })
    }
    drafts.push({ type: 'message-finished', runId, messageId, ...end })
    if (end.usage) drafts.push({ type: 'usage', runId, add: end.usage })
    await this.#append([...drafts, ...alongside])
  }

  async #append(drafts: readonly EventDraft[]): Promise<void> {
    const { sessionId, runId } = this.#target
    const result = await this.#coalescer.append({ sessionId, drafts, guard: { is: 'run', runId } })
    await this.#settled(result)
    if (result.refused !== undefined) throw refusedError(this.#target, result.refused)
  }

  /** Deltas have returned long before their commit is refused: the next call says it. */
  #watch(outcome: Promise<SliceResult>): void {
    if (outcome === this.#watched) return
    this.#watched = outcome
    outcome.then(
      (result) => {
        if (result.refused !== undefined) this.#failure = refusedError(this.#target, result.refused)
      },
      (error: unknown) => {
        this.#failure = error instanceof Error ? error : new Error(String(error), { cause: error })
      },
    )
  }

  #admit(ops: readonly Op[]): number {
    let bytes = 0
    for (const op of ops) bytes += op.op === 'append' ? op.text.length : encodedBytes(op.value)
    const { messageBytes, messageParts } = this.#limits
    if (this.#bytes + bytes > messageBytes) {
      throw new CaughtupError(
        'TOO_LARGE',
        `Message ${this.messageId} would pass ${messageBytes} bytes; it is kept up to here.`,
        { field: 'message', limit: messageBytes },
      )
    }
    const partCount = Math.max(this.#partCount, ...ops.map((op) => op.part + 1))
    if (partCount > messageParts) {
      throw new CaughtupError(
        'TOO_LARGE',
        `Message ${this.messageId} would pass ${messageParts} parts; it is kept up to here.`,
        { field: 'parts', limit: messageParts },
      )
    }
    this.#bytes += bytes
    this.#partCount = partCount
    return bytes
  }
}

function refusedError({ sessionId, runId }: WriterTarget, refusal: string): CaughtupError {
  return refusal === 'session-missing'
    ? new CaughtupError('NOT_FOUND', `Session ${sessionId} was deleted.`, { field: 'sessionId' })
    : new CaughtupError('CONFLICT', `Run ${runId} is not the active run any more.`, {
        reason: 'run-superseded',
      })
}

function finishedError(messageId: string): CaughtupError {
  return new CaughtupError('CONFLICT', `Message ${messageId} is finished.`, {
    reason: 'message-finished',
  })
}
