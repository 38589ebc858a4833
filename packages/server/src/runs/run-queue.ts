import { Buffer } from 'node:buffer'

import { CaughtupError, type EventDraft, type QueuedRun } from '@caughtup/schema'
import type { Guard, Refusal } from '@caughtup/store'

import { isShuttingDown, shuttingDown } from '../errors/call-errors.ts'
import type { Settings } from '../host/server-options.ts'
import type { TranscriptMerges } from '../transcripts/transcript-merges.ts'
import { endOrphanedRun } from './end-orphaned-run.ts'
import { interrupted, type OwnRuns } from './own-runs.ts'
import { isSuperseded, refusedError, stoppedNotWritten } from './run-errors.ts'
import type { RunKind, RunKinds } from './run-kind.ts'

/**
 * - `message-exists`, `message-gone`: the id of its prompt or answer is that of a message, or of a
 *   removed one
 * - `message-missing`, `message-open`: what it was to take the place of is gone, or cannot be hidden
 */
export type Submitted =
  | 'started'
  | 'queued'
  | 'message-exists'
  | 'message-gone'
  | 'message-missing'
  | 'message-open'

type StartGuard = Extract<Guard, { is: 'idle' | 'next-in-queue' | 'no-active-run' }>
type Started = 'started' | 'queued' | Refusal

/**
 * How often a commit is tried anew after its guard failed. A guard fails only when another writer
 * made progress, so more failures in a row than this mean a session that is hopelessly contended.
 */
export const attempts = 20

/** Starts runs in their order: at once in an idle session, else from its queue in the journal. */
export class RunQueue {
  readonly #settings: Settings
  readonly #kinds: RunKinds
  readonly #own: OwnRuns
  readonly #transcripts: TranscriptMerges
  /** Callers who wait for the start of a run that has its place at the front of a queue. */
  readonly #awaited = new Map<string, (outcome: Submitted) => void>()
  #closed = false

  constructor(
    settings: Settings,
    kinds: RunKinds,
    { own, transcripts }: { own: OwnRuns; transcripts: TranscriptMerges },
  ) {
    this.#settings = settings
    this.#kinds = kinds
    this.#own = own
    this.#transcripts = transcripts
  }

  /**
   * Starts a run if its session is idle, else adds it to the queue.
   *
   * @throws CaughtupError `LIMIT_EXCEEDED` when the queue is full, `NOT_FOUND`, `UNAVAILABLE`
   */
  async submit(sessionId: string, queued: QueuedRun): Promise<Submitted> {
    const { store, limits } = this.#settings
    const guard = {
      is: 'enqueue',
      queueBelow: limits.queuedPerSession,
      queueBytes: Math.max(0, limits.queuedBytesPerSession - jsonBytes(queued)),
    } as const
    for (let attempt = 0; attempt < attempts; attempt++) {
      const started = await this.#start(sessionId, queued, { is: 'idle' })
      if (isSubmitted(started) || isDuplicate(started)) return started
      if (started !== 'guard-failed') throw refusedError(sessionId, started, limits)
      const { refused } = await store.append({
        sessionId,
        drafts: [{ type: 'queue-changed', add: queued }],
        guard,
      })
      if (refused === undefined) return 'queued'
      if (refused !== 'guard-failed') throw refusedError(sessionId, refused, limits)
    }
    throw new CaughtupError('UNAVAILABLE', `Session ${sessionId} is too busy to accept a run.`)
  }

  /**
   * Starts a run ahead of those that wait, and interrupts the active one for it. That takes two commits:
   * the one that ends the active run adds this one to the front of the queue, which keeps its place
   * until the second, also over a crash.
   *
   * @throws CaughtupError `NOT_FOUND`, `UNAVAILABLE`
   */
  async submitNow(sessionId: string, queued: QueuedRun): Promise<Submitted> {
    const { store, limits } = this.#settings
    const place = { type: 'queue-changed', add: queued, front: true } as const
    for (let attempt = 0; attempt < attempts; attempt++) {
      const state = await store.head(sessionId)
      if (!state.head.run) {
        const started = await this.#start(sessionId, queued, { is: 'no-active-run' })
        if (isSubmitted(started) || isDuplicate(started) || isOutdated(started)) return started
        if (started !== 'guard-failed') throw refusedError(sessionId, started, limits)
        continue
      }
      const own = this.#own.get(state.head.run.id)
      const ended = own
        ? await store.answered(this.#own.end(own, interrupted, [place])).catch((error: unknown) => {
            throw stoppedNotWritten(error)
          })
        : await endOrphanedRun(this.#settings, { sessionId, ...state }, interrupted, [place])
      if (ended) return this.#placed(sessionId, queued)
    }
    throw new CaughtupError('UNAVAILABLE', `Session ${sessionId} is too busy to accept a run.`)
  }

  /**
   * Starts a run if its session is idle and its newest entry is still the one that it was decided by.
   * Returns whether it did.
   *
   * @throws CaughtupError `NOT_FOUND`, `UNAVAILABLE`
   */
  async startAt(sessionId: string, queued: QueuedRun, seq: number): Promise<boolean> {
    const started = await this.#start(sessionId, queued, { is: 'idle', seq })
    if (isSubmitted(started)) return true
    if (started === 'guard-failed') return false
    throw refusedError(sessionId, started, this.#settings.limits)
  }

  /** Starts the first run of a session's queue unless a run is active; failures are logged. */
  next(sessionId: string): void {
    this.#startNext(sessionId).catch((error: unknown) => {
      // It keeps its place in the queue, for the next process.
      if (isShuttingDown(error) || isSuperseded(error)) return
      this.#settings.onError(error, 'starting the next run')
    })
  }

  /** Removes a queued run; returns whether it was still in the queue. */
  async remove(sessionId: string, runId: string): Promise<boolean> {
    const { refused } = await this.#settings.store.append({
      sessionId,
      drafts: [{ type: 'queue-changed', remove: runId }],
      guard: { is: 'queued', runId },
    })
    return refused === undefined
  }

  /** No run starts after this. */
  close(): void {
    this.#closed = true
  }

  async #startNext(sessionId: string): Promise<void> {
    const { store } = this.#settings
    for (let attempt = 0; attempt < attempts && !this.#closed; attempt++) {
      const { head } = await store.head(sessionId)
      const [queued] = head.queue
      if (head.run) return
      // Nothing was merged during the run that has ended. The next run would merge first.
      if (!queued) return void this.#transcripts.merge(sessionId)
      // With its seq: an edit that comes meanwhile must not be lost.
      const guard = { is: 'next-in-queue', runId: queued.runId, seq: head.seq } as const
      const started = await this.#start(sessionId, queued, guard)
      if (started === 'started') this.#awaited.get(queued.runId)?.(started)
      if (isSubmitted(started) || started === 'session-missing') return
      if (!isDuplicate(started) && !isOutdated(started)) continue
      // The same prompt was sent twice at the same moment: its message exists already, or did. Or what
      // it was to take the place of is gone.
      const drafts = [{ type: 'queue-changed', remove: queued.runId } as const]
      await store.append({ sessionId, drafts, guard })
      this.#awaited.get(queued.runId)?.(started)
    }
  }

  /** Starts a run that is at the front of the queue, and tells what became of it. */
  async #placed(sessionId: string, { runId }: QueuedRun): Promise<Submitted> {
    // Another one may start it, here or in another process: who ends a run looks for the next.
    const told: { outcome?: Submitted } = {}
    this.#awaited.set(runId, (outcome) => (told.outcome = outcome))
    try {
      await this.#startNext(sessionId)
      if (told.outcome) return told.outcome
      const { head } = await this.#settings.store.head(sessionId)
      return head.queue.some((queued) => queued.runId === runId) ? 'queued' : 'started'
    } finally {
      this.#awaited.delete(runId)
    }
  }

  /** Starts a run, or the one that comes before it: then the run has its place in the queue. */
  async #start(sessionId: string, queued: QueuedRun, guard: StartGuard): Promise<Started> {
    if (!keepsContext(queued)) await this.#transcripts.mergeIfIdle(sessionId)
    if (this.#closed) throw shuttingDown()
    const { store } = this.#settings
    const asked: RunKind = this.#kinds[queued.kind]
    const first = await asked.before?.(sessionId, queued)
    const starting = first?.run ?? queued
    const kind: RunKind = this.#kinds[starting.kind]
    const { history, drafts, execution } = kind.start(sessionId, starting)
    const run = execution && this.#own.prepare({ id: starting.runId, sessionId }, execution)
    const { refused } = await store
      .append({
        sessionId,
        drafts: [
          ...(history ? [history] : []),
          ...(first ? [placeOf(first.waiting, guard)] : leaving(guard)),
          ...drafts,
        ],
        // What made the first one necessary must still be so.
        guard: first ? { seq: first.seq, ...guard } : guard,
      })
      .catch((error: unknown) => {
        if (run) this.#own.forget(run)
        throw error
      })
    if (refused !== undefined) {
      if (run) this.#own.forget(run)
      return refused
    }
    if (run) void this.#own.drive(run)
    else this.next(sessionId)
    return first ? 'queued' : 'started'
  }
}

/**
 * Whether a run answers anew in the context of the answer before. It hides what follows its prompt, so
 * what would be merged for it would be hidden at once.
 */
function keepsContext(queued: QueuedRun): boolean {
  return queued.kind === 'agent' && (queued.retry === true || queued.replaces !== undefined)
}

/** How a run is kept in the queue that waits for the one before it. */
function placeOf(waiting: QueuedRun, { is }: StartGuard): EventDraft {
  if (is === 'next-in-queue') return { type: 'queue-changed', replace: waiting }
  return { type: 'queue-changed', add: waiting, front: true }
}

/** A run leaves the queue in the commit that starts it. */
function leaving(guard: StartGuard): EventDraft[] {
  return guard.is === 'next-in-queue' ? [{ type: 'queue-changed', remove: guard.runId }] : []
}

function isSubmitted(outcome: Started): outcome is 'started' | 'queued' {
  return outcome === 'started' || outcome === 'queued'
}

function isDuplicate(outcome: Started): outcome is 'message-exists' | 'message-gone' {
  return outcome === 'message-exists' || outcome === 'message-gone'
}

/** Whether what a run was to take the place of is not there, or cannot be hidden. */
function isOutdated(outcome: Started): outcome is 'message-missing' | 'message-open' {
  return outcome === 'message-missing' || outcome === 'message-open'
}

function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value))
}
