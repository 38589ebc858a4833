import type { EventDraft, MessageMetadata, Op } from '@caughtup/schema'
import { applyOps, mergeOps, withCustom } from '@caughtup/schema/fold'

import type { MessageSource } from './message-source.ts'
import type { Guard, Slice, SliceResult } from '../port/commit.ts'

export type Replacement = Extract<EventDraft, { type: 'message-replaced' }> & {
  metadata: MessageMetadata
}
type Delta = Extract<EventDraft, { type: 'message-delta' }>

/** A change that waits for its commit. */
export type PendingCommit = BufferedDeltas | ImmediateCommit

/** The changes of one commit. */
export class Batch {
  slices: PendingCommit[] = []
  /** Resolves after the commit, whatever its results; rejects when it is given up. */
  readonly done = Promise.withResolvers<void>()

  constructor() {
    // Mostly nobody waits for it.
    this.done.promise.catch(() => undefined)
  }
}

/** The deltas of one message in a window, merged into one draft. */
export class BufferedDeltas implements Slice {
  readonly structural = false
  readonly sessionId: string
  readonly at: number
  readonly guard?: Guard
  readonly source: MessageSource
  readonly drafts: [Delta | Replacement]
  bytes = 0
  /** Its session was deleted: its result reaches nobody. */
  dropped = false
  /** Why it is no longer to be written. */
  withdrawn: Error | undefined

  constructor(source: MessageSource, at: number) {
    this.source = source
    this.sessionId = source.sessionId
    this.at = at
    if (source.guard) this.guard = source.guard
    this.drafts = [{ type: 'message-delta', messageId: source.messageId, ops: [] }]
  }

  add(op: Op): void {
    const [draft] = this.drafts
    if (draft.type === 'message-replaced') {
      const { parts, metadata } = draft
      const ops = [op]
      this.drafts[0] = {
        ...draft,
        parts: applyOps(parts, ops),
        metadata: withCustom(metadata, ops),
      }
      return
    }
    const last = draft.ops.at(-1)
    // The usual case is text after text. It is appended in place, so that a delta costs the same
    // however many are buffered.
    if (op.op === 'append' && last?.op === 'append' && last.part === op.part) {
      last.text += op.text
      if (op.done || op.providerMetadata || op.citations) {
        Object.assign(last, op, { text: last.text })
      }
    } else if (!last) {
      draft.ops = [op]
    } else {
      draft.ops = mergeOps(draft.ops, [op])
    }
  }

  /** A whole new state makes the buffered deltas superfluous. */
  replace(replacement: Replacement): void {
    this.drafts[0] = replacement
  }

  settle(result: SliceResult): void {
    if (result.refused !== undefined) this.source.failure = this.source.refused(result.refused)
  }

  fail(error: unknown): void {
    this.source.failure = asError(error)
  }
}

/** A structural change, whose caller waits for it. */
export class ImmediateCommit implements Slice {
  readonly structural = true
  readonly sessionId: string
  readonly at: number
  readonly guard?: Guard
  readonly drafts: readonly EventDraft[]
  readonly bytes: number
  readonly #outcome = Promise.withResolvers<SliceResult>()
  /** Set once it is committed: the deliveries that its caller also waits for. */
  #delivered: Promise<void> | undefined
  dropped = false
  withdrawn: Error | undefined

  constructor(slice: Slice, bytes: number) {
    this.sessionId = slice.sessionId
    this.at = slice.at
    if (slice.guard) this.guard = slice.guard
    this.drafts = slice.drafts
    this.bytes = bytes
  }

  settle(result: SliceResult, delivered: Promise<void> | undefined): void {
    this.#delivered = delivered
    this.#outcome.resolve(result)
  }

  fail(error: unknown): void {
    this.#outcome.reject(asError(error))
  }

  /** The result in the database. */
  get outcome(): Promise<SliceResult> {
    return this.#outcome.promise
  }

  async result(): Promise<SliceResult> {
    const result = await this.#outcome.promise
    await this.#delivered
    return result
  }
}

export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error), { cause: error })
}
