import type { EventDraft } from '@caughtup/schema'
import { sleep } from '@caughtup/schema/clock'

import type { Settings } from '../host/server-options.ts'
import { endOrphanedRun } from './end-orphaned-run.ts'
import { isSuperseded, toRunError, withoutValues } from './run-errors.ts'
import type { RunEnd, RunExecution } from './run-execution.ts'

/** A run that this process executes, from just before the commit of its start to that of its end. */
export interface OwnRun {
  readonly id: string
  readonly sessionId: string
  readonly execution: RunExecution
  readonly controller: AbortController
  readonly over: PromiseWithResolvers<void>
  started: boolean
  /** Which attempt at the run it is. */
  readonly attempt: number
  /**
   * The commit of its end, or of its waiting. The first caller to end the run decides how it ends.
   */
  ending?: Promise<boolean>
}

export const interrupted = { reason: 'interrupted' } as const

/** Executes the runs of this process and ends each of them once. */
export class OwnRuns {
  readonly #settings: Settings
  readonly #onEnd: (sessionId: string) => void
  readonly #runs = new Map<string, OwnRun>()

  /** @param onEnd - called after each end: the session's next run may start */
  constructor(settings: Settings, onEnd: (sessionId: string) => void) {
    this.#settings = settings
    this.#onEnd = onEnd
  }

  /** Runs whose end is not written yet. */
  get ids(): readonly string[] {
    return [...this.#runs.keys()]
  }

  /** Runs whose start is committed and whose end is not being committed. */
  get executing(): ReadonlySet<string> {
    const running = [...this.#runs.values()].filter((run) => run.started && !run.ending)
    return new Set(running.map(({ id }) => id))
  }

  get(runId: string): OwnRun | undefined {
    return this.#runs.get(runId)
  }

  /** Registers a run before its start is committed, so that an interruption right after it finds it. */
  prepare(
    { id, sessionId, attempt = 1 }: { id: string; sessionId: string; attempt?: number },
    execution: RunExecution,
  ): OwnRun {
    const run: OwnRun = {
      id,
      sessionId,
      attempt,
      execution,
      controller: new AbortController(),
      over: Promise.withResolvers(),
      started: false,
    }
    this.#runs.set(id, run)
    return run
  }

  /** Never rejects: the outcome of a run goes to the journal or to `onError`. */
  async drive(run: OwnRun): Promise<void> {
    run.started = true
    if (run.ending) return
    let end: RunEnd | 'waiting'
    try {
      end = await run.execution.drive(run.controller.signal)
    } catch (error) {
      // The run was ended from outside; an error that its agent throws then is not a failure.
      if (run.ending) return
      if (!isSuperseded(error)) this.#settings.onError(error, `run ${run.id}`)
      end = { reason: 'error', error: toRunError(error, this.#settings.describeError) }
      run.controller.abort()
    }
    if (end === 'waiting') await this.#suspend(run)
    else await this.end(run, end)
  }

  /**
   * Returns whether this call, and not an earlier one, ended the run.
   *
   * @param alongside - what the commit of this call's end writes, too
   */
  async end(run: OwnRun, end: RunEnd, alongside: readonly EventDraft[] = []): Promise<boolean> {
    if (run.ending) {
      await run.ending
      return false
    }
    run.ending = this.#commitEnd(run, end, alongside)
    if (end.reason === 'interrupted') run.controller.abort()
    return run.ending
  }

  /** Stops runs that the journal no longer lists as active here: ended or continued elsewhere, or deleted. */
  abandon(matches: (run: Pick<OwnRun, 'id' | 'sessionId' | 'attempt'>) => boolean): void {
    for (const run of this.#runs.values()) {
      if (!matches(run)) continue
      run.ending ??= Promise.resolve(false)
      this.forget(run)
      run.controller.abort()
    }
  }

  forget(run: OwnRun): void {
    // The run may go on here already, as another one.
    if (this.#runs.get(run.id) === run) this.#runs.delete(run.id)
    run.over.resolve()
  }

  /** Waits until every run is over, for `ms` at most, or until the signal. */
  async settle(ms: number, signal: AbortSignal): Promise<void> {
    if (ms <= 0 || signal.aborted) return
    const over = new AbortController()
    const all = Promise.all([...this.#runs.values()].map((run) => run.over.promise))
    const waiting = sleep(this.#settings.store.clock, ms, AbortSignal.any([over.signal, signal]))
    await Promise.race([all, waiting.catch(() => undefined)])
    over.abort()
  }

  /** Interrupts every run; resolves when their ends are written. */
  async interruptAll(): Promise<void> {
    await Promise.all([...this.#runs.values()].map((run) => this.end(run, interrupted)))
  }

  /** From the commit on, the run has no process: another one may take it up. */
  async #suspend(run: OwnRun): Promise<void> {
    if (run.ending) return
    run.ending = this.#commitWaiting(run)
    await run.ending
  }

  async #commitWaiting(run: OwnRun): Promise<boolean> {
    try {
      await run.execution.suspend?.()
    } catch (error) {
      if (!isSuperseded(error)) {
        this.#settings.onError(error, `suspending run ${run.id}`)
        await this.#endBare(run, error, [])
      }
      this.#onEnd(run.sessionId)
    } finally {
      this.forget(run)
    }
    return false
  }

  async #commitEnd(run: OwnRun, end: RunEnd, alongside: readonly EventDraft[]): Promise<boolean> {
    try {
      await run.execution.commit(end, alongside)
      return true
    } catch (error) {
      run.controller.abort()
      if (isSuperseded(error)) return false
      this.#settings.onError(error, `ending run ${run.id}`)
      return await this.#endBare(run, error, alongside)
    } finally {
      this.forget(run)
      this.#onEnd(run.sessionId)
    }
  }

  /** Ends a run without its message's last content, because that cannot be stored. */
  async #endBare(
    { id, sessionId }: OwnRun,
    cause: unknown,
    alongside: readonly EventDraft[],
  ): Promise<boolean> {
    try {
      const state = await this.#settings.store.head(sessionId)
      if (state.head.run?.id !== id) return false
      const error = toRunError(withoutValues(cause), this.#settings.describeError)
      return await endOrphanedRun(
        this.#settings,
        { sessionId, ...state },
        { reason: 'error', error },
        alongside,
      )
    } catch (error) {
      // Its lease expires once the store works again.
      if (!isSuperseded(error)) this.#settings.onError(error, `ending run ${id}`)
      return false
    }
  }
}
