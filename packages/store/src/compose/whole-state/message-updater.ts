import {
  CaughtupError,
  type EventDraft,
  type Limits,
  type Message,
  type MessageDraft,
  type Op,
  type Part,
} from '@caughtup/schema'
import { abortable } from '@caughtup/schema/abortable'
import { settleParts, withCustom } from '@caughtup/schema/fold'

import { type Baseline, Baselines } from './baselines.ts'
import type { Coalescer } from '../../commit/coalescer.ts'
import { isStored, storedDraft } from '../../input/stored-value.ts'
import { diffMessage, type MessageState, splitMetadata } from './message-diff.ts'
import { MessageSize } from '../message-size.ts'
import { messageNotFound } from '../../errors/session-errors.ts'
import { MessageSource } from '../../commit/message-source.ts'
import type { Slice } from '../../port/commit.ts'

/** Four messages of the largest size, or thousands of usual ones, in each process. */
const mostKeptBytes = 64 * 1024 * 1024

export interface MessageUpdaterOptions {
  coalescer: Coalescer
  limits: Readonly<Limits>
  /** Reads a message with every change that was accepted before the call. */
  read: (sessionId: string, messageId: string) => Promise<Message | undefined>
  /** Bytes of open messages that are kept to compare the next states with. @default 64 MiB */
  mostKeptBytes?: number
}

/** Accepts whole states of messages, and writes what is new in them. */
export class MessageUpdater {
  readonly #options: MessageUpdaterOptions
  readonly #baselines: Baselines
  /** The end of the reads under way, by session: updates of a session keep their order. */
  readonly #reads = new Map<string, Promise<void>>()

  constructor(options: MessageUpdaterOptions) {
    this.#options = options
    this.#baselines = new Baselines(options.mostKeptBytes ?? mostKeptBytes)
  }

  /**
   * Writes what is new in a message's state: text that grew is appended, other changed parts are
   * put, changed `metadata.custom` is set; fewer parts or other metadata replace the message. The README says what is committed at
   * once. A message with a `metadata.runId` is written while that run is active; do not use its
   * `MessageWriter` too.
   *
   * @throws CaughtupError `NOT_FOUND` for a deleted session or message; `CONFLICT`
   *   (`run-superseded`, `message-finished` for a finished message whose status is `open`);
   *   `TOO_LARGE`; `BAD_INPUT`
   */
  update(sessionId: string, draft: MessageDraft, signal?: AbortSignal): Promise<void> {
    return abortable(this.#update(sessionId, draft, signal), signal)
  }

  /**
   * Called with each change that the coalescer accepts: a change by another writer invalidates a
   * baseline.
   */
  entered(slice: Slice, source: MessageSource | undefined): void {
    this.#baselines.overtake(slice, source)
  }

  forgetSession(sessionId: string): void {
    this.#baselines.forgetSession(sessionId)
  }

  async #update(sessionId: string, draft: MessageDraft, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    const reads = this.#reads.get(sessionId)
    const known = reads ? undefined : this.#baselines.get(sessionId, draft.id)
    if (known) return this.#change(known, draft)
    const entering = this.#enter(sessionId, draft, reads, signal)
    const entered = () => {
      if (this.#reads.get(sessionId) === over) this.#reads.delete(sessionId)
    }
    const over = entering.then(entered, entered)
    this.#reads.set(sessionId, over)
    const { accepted } = await entering
    await accepted
  }

  /** Resolves once the update has its place in the order; `accepted` is the rest of the wait. */
  async #enter(
    sessionId: string,
    draft: MessageDraft,
    reads: Promise<void> | undefined,
    signal: AbortSignal | undefined,
  ): Promise<{ accepted: Promise<void> }> {
    await reads
    const known = this.#baselines.get(sessionId, draft.id)
    if (known) return { accepted: this.#change(known, draft) }
    using reading = this.#baselines.reading(sessionId, draft.id)
    let stored: Message | undefined
    do {
      reading.overtaken = false
      stored = await this.#options.read(sessionId, draft.id)
      signal?.throwIfAborted()
    } while (reading.overtaken)
    return { accepted: this.#compare(sessionId, stored, draft) }
  }

  /** Compares with the stored message, which has every change accepted before. */
  async #compare(
    sessionId: string,
    stored: Message | undefined,
    draft: MessageDraft,
  ): Promise<void> {
    if (!stored) return this.#create(sessionId, draft)
    const source = sourceOf(sessionId, draft)
    if (stored.status === 'done') return this.#edit(source, stored, draft)
    const { role, parts, metadata } = stored
    const size = this.#sizeOf(stored.id, stored)
    const baseline = { source, role, parts, metadata, size }
    this.#baselines.keep(baseline)
    return this.#change(baseline, draft)
  }

  async #create(sessionId: string, draft: MessageDraft): Promise<void> {
    const source = sourceOf(sessionId, draft)
    const { role, status, metadata } = draft
    const run = runOf(source)
    // An answer that arrives whole is finished by an event too, so that it counts as one.
    const isAnswer = status === 'done' && role === 'assistant'
    const message: MessageDraft = {
      ...draft,
      ...(status === 'done' && { parts: settleParts(draft.parts, splitMetadata(metadata).reason) }),
      ...(isAnswer && { status: 'open', metadata: splitMetadata(metadata).rest }),
    }
    const created = storedDraft({ type: 'message-created', message, ...run } as const)
    const { parts } = created.message
    const size = this.#sizeOf(draft.id, created.message)
    size.check()
    const drafts = isAnswer ? [created, ...finishDrafts(source, metadata)] : [created]
    if (status === 'done') return this.#append(source, drafts)
    const baseline = { source, role, parts, metadata: created.message.metadata, size }
    this.#baselines.keep(baseline)
    try {
      await this.#append(source, drafts)
    } catch (error) {
      this.#baselines.forget(baseline)
      throw error
    }
  }

  /** A finished message stays finished, but its parts and metadata may change. */
  async #edit(source: MessageSource, stored: Message, draft: MessageDraft): Promise<void> {
    if (draft.status === 'open') throw source.finished()
    assertRole(stored.role, draft)
    const { finishedAt, finishReason } = stored.metadata
    const reason = draft.metadata.finishReason ?? finishReason ?? 'stop'
    const parts = settleParts(draft.parts, reason)
    const metadata = {
      ...draft.metadata,
      ...(finishReason && { finishReason: reason }),
      ...(finishedAt !== undefined && { finishedAt }),
    }
    if (isStored(stored.metadata, metadata) && isStored(stored.parts, parts)) return
    const replacement = storedDraft({
      type: 'message-replaced',
      messageId: draft.id,
      parts,
      metadata,
    } as const)
    this.#sizeOf(draft.id, replacement).check()
    await this.#append(source, [replacement])
  }

  /** Runs synchronously up to the acceptance, so that updates keep their order. */
  async #change(baseline: Baseline, draft: MessageDraft): Promise<void> {
    try {
      if (baseline.source.failure) throw baseline.source.failure
      assertRole(baseline.role, draft)
      if (draft.metadata.runId !== baseline.source.runId) {
        baseline.source = sourceOf(baseline.source.sessionId, draft)
      }
      await (draft.status === 'done' ? this.#finish(baseline, draft) : this.#grow(baseline, draft))
      if (baseline.source.failure) throw baseline.source.failure
    } catch (error) {
      this.#baselines.forget(baseline)
      throw error
    }
  }

  async #grow(baseline: Baseline, draft: MessageDraft): Promise<void> {
    const { source } = baseline
    const { coalescer } = this.#options
    const diff = diffMessage(baseline, draft)
    if ('whole' in diff) {
      const { parts, metadata } = draft
      const replacement = this.#replace(baseline, parts, metadata)
      if (diff.structural) return this.#append(source, [replacement])
      return coalescer.replace(source, replacement, baseline.size.bytes)
    }
    const first = baseline.parts.length === 0
    const sizes = this.#advance(baseline, diff)
    if (diff.structural) return this.#append(source, [deltaOf(source, diff.ops)])
    let waiting: Promise<void> | undefined
    for (const [index, op] of diff.ops.entries()) {
      waiting = coalescer.delta(source, op, sizes[index] ?? 0, first)
    }
    return waiting
  }

  async #finish(baseline: Baseline, draft: MessageDraft): Promise<void> {
    const { source } = baseline
    const { reason, end, rest } = splitMetadata(draft.metadata)
    const parts = settleParts(draft.parts, reason)
    // Finishing gives both states these members, so they are no difference.
    const finished = { finishReason: reason, finishedAt: 0, ...end }
    const diff = diffMessage(
      { parts: baseline.parts, metadata: { ...baseline.metadata, ...finished } },
      { parts, metadata: { ...rest, ...finished } },
    )
    const drafts: EventDraft[] = []
    if ('whole' in diff) drafts.push(this.#replace(baseline, parts, rest))
    else {
      this.#advance(baseline, diff)
      if (diff.ops.length > 0) drafts.push(deltaOf(source, diff.ops))
    }
    this.#baselines.forget(baseline)
    return this.#append(source, [...drafts, ...finishDrafts(source, draft.metadata)])
  }

  /** Applies the ops to the baseline and returns the bytes of each. */
  #advance(baseline: Baseline, { ops, parts }: { ops: readonly Op[]; parts: Part[] }): number[] {
    const sizes = ops.map((op) => baseline.size.admit(op))
    baseline.parts = parts
    baseline.metadata = withCustom(baseline.metadata, ops)
    this.#baselines.keep(baseline)
    return sizes
  }

  /** Gives the baseline a whole new state, and returns the draft for it. */
  #replace(baseline: Baseline, parts: MessageDraft['parts'], metadata: MessageDraft['metadata']) {
    const { messageId } = baseline.source
    const replacement = storedDraft({
      type: 'message-replaced',
      messageId,
      parts,
      metadata,
    } as const)
    baseline.size = this.#sizeOf(messageId, replacement)
    baseline.size.check()
    baseline.parts = replacement.parts
    baseline.metadata = replacement.metadata
    this.#baselines.keep(baseline)
    return replacement
  }

  #sizeOf(messageId: string, { parts, metadata: { custom } }: MessageState): MessageSize {
    return new MessageSize(messageId, this.#options.limits, { parts, custom })
  }

  async #append(source: MessageSource, drafts: readonly EventDraft[]): Promise<void> {
    const { sessionId, guard } = source
    const slice = { sessionId, drafts, ...(guard && { guard }) }
    const { refused } = await this.#options.coalescer.append(slice, { source, maxWaitMs: Infinity })
    if (refused === undefined) return
    // The edited message is neither finished nor open: it was removed, or is of an older epoch.
    throw refused === 'message-missing' && drafts[0]?.type === 'message-replaced'
      ? messageNotFound(source.messageId)
      : source.refused(refused)
  }
}

function sourceOf(
  sessionId: string,
  { id: messageId, metadata: { runId } }: MessageDraft,
): MessageSource {
  return new MessageSource({ sessionId, messageId, ...(runId !== undefined && { runId }) })
}

function runOf({ runId }: MessageSource): { runId?: string } {
  return runId === undefined ? {} : { runId }
}

function deltaOf({ messageId }: MessageSource, ops: Op[]): EventDraft {
  return { type: 'message-delta', messageId, ops }
}

/** The finish, and its usage for the ledger. */
function finishDrafts(source: MessageSource, metadata: MessageDraft['metadata']): EventDraft[] {
  const { messageId } = source
  const { reason, end } = splitMetadata(metadata)
  const finish: EventDraft = {
    type: 'message-finished',
    ...runOf(source),
    messageId,
    reason,
    ...end,
  }
  if (!end.usage) return [finish]
  const models = metadata.model === undefined ? undefined : { [metadata.model]: end.usage }
  return [finish, { type: 'usage', ...runOf(source), add: end.usage, ...(models && { models }) }]
}

function assertRole(role: Message['role'], draft: MessageDraft): void {
  if (draft.role === role) return
  throw new CaughtupError(
    'BAD_INPUT',
    `Message ${draft.id} has the role ${role}, which cannot change.`,
    {
      field: 'role',
      value: draft.role,
    },
  )
}
