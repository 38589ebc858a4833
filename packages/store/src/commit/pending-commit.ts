import type { EventDraft, Op } from '@caughtup/schema'
import { applyOps, mergeOps } from '@caughtup/schema/fold'

import type { MessageSource } from './message-source.ts'
import type { Guard, Slice, SliceResult } from '../port/commit.ts'

export type Replacement = Extract<EventDraft, { type: 'message-replaced' }>
type Delta = Extract<EventDraft, { type: 'message-delta' }>

/** What waits for its commit. */
export type PendingCommit = BufferedDeltas | ImmediateCommit

/** What one commit takes. */
export class Batch {
  slices: PendingCommit[] = []
  /** When it is over, whatever became of it; rejects when it is given up. */
  readonly done = Promise.withResolvers<void>()

  constructor() {
    // Mostly nobody waits.
    this.done.promise.catch(() => undefined)
  }
}

/** One message's changes of a window; any number of them are one draft. */
export class BufferedDeltas implements Slice {
  readonly structural = false
  readonly sessionId: string
  readonly at: number
  readonly guard?: Guard
  readonly source: MessageSource
  readonly drafts: [Delta | Replacement]
  bytes = 0
  /** Its session was deleted: whatever comes of it, nobody is to see it. */
  dropped = false
  /** Why it is not written any more. */
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
      this.drafts[0] = { ...draft, parts: applyOps(draft.parts, [op]) }
      return
    }
    const last = draft.ops.at(-1)
    // Nearly always: text behind text, in place, so that a delta costs the same however many wait.
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

  /** A new whole makes what gathered before it superfluous. */
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

/** A change that stands by itself, and whose caller waits for it. */
export class ImmediateCommit implements Slice {
  readonly structural = true
  readonly sessionId: string
  readonly at: number
  readonly guard?: Guard
  readonly drafts: readonly EventDraft[]
  readonly bytes: number
  readonly #outcome = Promise.withResolvers<SliceResult>()
  /** Set once it is committed: what its caller waits for besides. */
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

  /** What became of it in the database. */
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
