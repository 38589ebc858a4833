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

import type { Coalescer } from './coalescer.ts'
import { jsonBytes, textBytes } from './json.ts'
import { PartBuilder } from './part-builder.ts'
import type { Refusal, SliceResult } from './storage.ts'

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
  /** Whose usage it is, for the ledger's totals per model. */
  model?: string
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
  readonly #parts: PartBuilder
  /** Bytes of each part. */
  readonly #sizes: number[] = []
  #bytes = 0
  /** Parts that were admitted: the place of the next one. */
  #partCount: number
  #first = true
  #finished: Promise<void> | undefined
  /** Why nothing more can be written. */
  #failure: Error | undefined
  #watched: Promise<SliceResult> | undefined

  constructor(target: WriterTarget, coalescer: Coalescer, limits: Readonly<Limits>) {
    this.messageId = target.messageId
    this.#target = target
    this.#coalescer = coalescer
    this.#limits = limits
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
    try {
      await this.#write(part)
    } catch (error) {
      // What did not get in leaves a hole that later parts must not be written behind.
      this.#failure ??= asError(error)
      throw error
    }
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

  async #write(part: AgentPart): Promise<void> {
    const { ops, structural } = this.#parts.change(part)
    if (ops.length === 0) return
    const { sessionId, runId } = this.#target
    const bytes = this.#admit(ops)
    const first = this.#first
    this.#first = false
    if (structural) {
      return this.#append([{ type: 'message-delta', messageId: this.messageId, ops }])
    }
    const { accepted, outcome } = this.#coalescer.delta({
      sessionId,
      runId,
      messageId: this.messageId,
      ops,
      bytes,
      first,
    })
    this.#watch(outcome)
    await accepted
  }

  async #finish(
    { part, model, ...end }: FinishOptions,
    alongside: readonly EventDraft[],
  ): Promise<void> {
    const { messageId } = this
    const { runId } = this.#target
    const drafts: EventDraft[] = []
    if (part) {
      const op: Op = { op: 'put', part: this.#partCount, value: part }
      drafts.push({ type: 'message-delta', messageId, ops: [op] })
    }
    drafts.push({ type: 'message-finished', runId, messageId, ...end })
    if (end.usage) {
      const models = model === undefined ? undefined : { [model]: end.usage }
      drafts.push({ type: 'usage', runId, add: end.usage, ...(models && { models }) })
    }
    await this.#append([...drafts, ...alongside])
  }

  async #append(drafts: readonly EventDraft[]): Promise<void> {
    const { sessionId, runId } = this.#target
    const result = await this.#coalescer.append({ sessionId, drafts, guard: { is: 'run', runId } })
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
        this.#failure = asError(error)
      },
    )
  }

  #admit(ops: readonly Op[]): number {
    const { messageBytes, messageParts } = this.#limits
    let added = 0
    for (const op of ops) {
      const bytes = op.op === 'append' ? textBytes(op.text) : jsonBytes(op.value)
      const before = this.#sizes[op.part] ?? 0
      const after = op.op === 'append' ? before + bytes : bytes
      added += bytes
      this.#sizes[op.part] = after
      this.#bytes += after - before
      this.#partCount = Math.max(this.#partCount, op.part + 1)
    }
    if (this.#bytes > messageBytes) throw this.#tooLarge('message', messageBytes, 'bytes')
    if (this.#partCount > messageParts) throw this.#tooLarge('parts', messageParts, 'parts')
    return added
  }

  #tooLarge(field: string, limit: number, unit: string): CaughtupError {
    return new CaughtupError(
      'TOO_LARGE',
      `Message ${this.messageId} would pass ${limit} ${unit}; it is kept up to here.`,
      { field, limit },
    )
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error), { cause: error })
}

function refusedError(target: WriterTarget, refusal: Refusal): CaughtupError {
  const { sessionId, runId, messageId } = target
  switch (refusal) {
    case 'session-missing':
      return new CaughtupError('NOT_FOUND', `Session ${sessionId} was deleted.`, {
        field: 'sessionId',
      })
    case 'message-missing':
      return finishedError(messageId)
    case 'guard-failed':
    case 'queue-full':
    case 'message-exists':
      return new CaughtupError('CONFLICT', `Run ${runId} is not the active run any more.`, {
        reason: 'run-superseded',
      })
  }
}

function finishedError(messageId: string): CaughtupError {
  return new CaughtupError('CONFLICT', `Message ${messageId} is finished.`, {
    reason: 'message-finished',
  })
}
