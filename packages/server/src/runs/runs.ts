import type { EventDraft, Message, QueuedRun, Run } from '@caughtup/schema'
import type { ActiveRun, Guard } from '@caughtup/store'

import type { Settings } from '../host/server-options.ts'
import { endOrphanedRun } from './end-orphaned-run.ts'
import { OwnRuns, interrupted } from './own-runs.ts'
import { stoppedNotWritten } from './run-errors.ts'
import type { RunKinds } from './run-kind.ts'
import type { TranscriptMerges } from '../transcripts/transcript-merges.ts'
import { attempts, RunQueue, type Submitted } from './run-queue.ts'

interface GoingOn {
  /** The run and its open answer, as they are after the commit. */
  run: Run
  answer: Message
  drafts: readonly EventDraft[]
  guard: Guard
  /** Whether it only waits from then on. */
  waits?: boolean
}

/**
 * The runs of this process. The guard of each commit decides what may happen, and nothing that is
 * held here, so no session waits for another's agent, and processes may share a database.
 */
export class Runs {
  readonly #settings: Settings
  readonly #own: OwnRuns
  readonly #queue: RunQueue
  readonly #kinds: RunKinds

  constructor(settings: Settings, kinds: RunKinds, transcripts: TranscriptMerges) {
    this.#settings = settings
    this.#kinds = kinds
    this.#own = new OwnRuns(settings, (sessionId) => this.#queue.next(sessionId))
    this.#queue = new RunQueue(settings, kinds, { own: this.#own, transcripts })
  }

  /** Runs whose end is not written yet. */
  get ids(): readonly string[] {
    return this.#own.ids
  }

  /** Runs whose start is committed and whose end is not being committed. */
  get executing(): ReadonlySet<string> {
    return this.#own.executing
  }

  /** Whether this process executes a run, at this attempt. */
  has({ id, attempt = 1 }: Pick<Run, 'id' | 'attempt'>): boolean {
    return this.#own.get(id)?.attempt === attempt
  }

  /** See {@link RunQueue.submit}. */
  submit(sessionId: string, queued: QueuedRun): Promise<Submitted> {
    return this.#queue.submit(sessionId, queued)
  }

  /** See {@link RunQueue.submitNow}. */
  submitNow(sessionId: string, queued: QueuedRun): Promise<Submitted> {
    return this.#queue.submitNow(sessionId, queued)
  }

  /** See {@link RunQueue.startAt}. */
  startAt(sessionId: string, queued: QueuedRun, seq: number): Promise<boolean> {
    return this.#queue.startAt(sessionId, queued, seq)
  }

  /** See {@link RunQueue.next}. */
  next(sessionId: string): void {
    this.#queue.next(sessionId)
  }

  /**
   * Ends a run, whatever its agent does: the active one, or the one named, which may be queued.
   * Returns whether this call ended it.
   *
   * @throws CaughtupError `UNAVAILABLE` if the database does not take the end in time: the run has
   *   stopped all the same, and its end is written later
   */
  async interrupt(sessionId: string, runId?: string): Promise<boolean> {
    const { store } = this.#settings
    for (let attempt = 0; attempt < attempts; attempt++) {
      const state = await store.head(sessionId)
      const target = runId ?? state.head.run?.id
      if (target === undefined) return false
      const own = this.#own.get(target)
      if (own?.sessionId === sessionId) {
        const ended = store.answered(this.#own.end(own, interrupted)).catch((error: unknown) => {
          throw stoppedNotWritten(error)
        })
        // Where it did not, the run has ended, or it waits now and can be ended as such.
        if (await ended) return true
        continue
      }
      if (state.head.run?.id === target) {
        if (await this.endOrphaned({ sessionId, ...state }, 'interrupted')) return true
      } else if (state.head.queue.some((queued) => queued.runId === target)) {
        if (await this.#queue.remove(sessionId, target)) return true
      } else {
        return false
      }
    }
    return false
  }

  /**
   * Commits what lets a run that is not executed go on in its answer, and executes it here, unless it
   * waits. Returns whether the guard allowed it.
   */
  async goOn(
    sessionId: string,
    { run, answer, drafts, guard, waits = false }: GoingOn,
  ): Promise<boolean> {
    const execution = waits ? undefined : this.#kinds[run.kind].resume?.(sessionId, run, answer)
    // Registered before the commit, so that an interruption right after it finds it.
    const { attempt = 1 } = run
    const own = execution && this.#own.prepare({ id: run.id, sessionId, attempt }, execution)
    let taken = false
    try {
      const { refused } = await this.#settings.store.append({ sessionId, drafts, guard })
      taken = refused === undefined
    } finally {
      if (own && !taken) this.#own.forget(own)
    }
    if (own && taken) void this.#own.drive(own)
    return taken
  }

  /** Ends a run that another process executes, or that no living process does. */
  async endOrphaned(
    run: Pick<ActiveRun, 'sessionId' | 'head' | 'open'>,
    reason: 'interrupted' | 'lost',
  ): Promise<boolean> {
    const ended = await endOrphanedRun(this.#settings, run, { reason })
    if (ended) this.next(run.sessionId)
    return ended
  }

  /** See {@link OwnRuns.abandon}. */
  abandon(matches: Parameters<OwnRuns['abandon']>[0]): void {
    this.#own.abandon(matches)
  }

  /** Starts no more runs, and waits for the active ones: for `ms` at most, or until the signal. */
  async drain(ms: number, signal: AbortSignal): Promise<void> {
    this.#queue.close()
    await this.#own.settle(ms, signal)
  }

  /** See {@link OwnRuns.interruptAll}. */
  interruptAll(): Promise<void> {
    return this.#own.interruptAll()
  }
}
