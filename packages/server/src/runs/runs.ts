import { Buffer } from 'node:buffer'

import { CaughtupError, type QueuedRun } from '@caughtup/schema'
import { sleep } from '@caughtup/schema/clock'
import type { Guard, Refusal } from '@caughtup/store'
import { v7 as uuid } from 'uuid'

import { AgentRun } from '../agent/agent-run.ts'
import { Compaction } from '../epochs/compaction.ts'
import { endForeignRun } from './end-orphaned-run.ts'
import type { Execution, RunEnd } from './run-execution.ts'
import type { Settings } from '../host/options.ts'
import { shuttingDown } from '../errors/call-errors.ts'
import {
  isSuperseded,
  refusedError,
  stoppedNotWritten,
  toRunError,
  withoutValues,
} from './run-errors.ts'
import { startDrafts } from '../agent/start-drafts.ts'

/** A run that this process executes, from just before its start is committed to its end. */
interface ActiveRun {
  readonly id: string
  readonly sessionId: string
  readonly execution: Execution
  readonly controller: AbortController
  readonly over: PromiseWithResolvers<void>
  started: boolean
  /** The commit of its end; the first to ask for the end decides how. */
  ending?: Promise<boolean>
}

/** `message-exists`, `message-gone`: the prompt's id is that of a message, or of a removed one. */
type Submitted = 'started' | 'queued' | 'message-exists' | 'message-gone'

const interrupted = { reason: 'interrupted' } as const

/** Guards fail when others are faster; somebody always gets on, so a few turns are plenty. */
const attempts = 20

/**
 * The runs of this process. What may happen is decided by the guard of each commit and by nothing
 * that is held here, so no session waits for another's agent, and processes may share a database.
 */
export class Runs {
  readonly #settings: Settings
  readonly #active = new Map<string, ActiveRun>()
  #closing = false
  #ignoredParts = 0

  constructor(settings: Settings) {
    this.#settings = settings
  }

  get size(): number {
    return this.#active.size
  }

  get ignoredParts(): number {
    return this.#ignoredParts
  }

  /** Runs whose start is committed and whose end is not being committed. */
  get executing(): ReadonlySet<string> {
    const running = [...this.#active.values()].filter((run) => run.started && !run.ending)
    return new Set(running.map(({ id }) => id))
  }

  /** Runs whose end is not written. */
  get ids(): readonly string[] {
    return [...this.#active.keys()]
  }

  has(runId: string): boolean {
    return this.#active.has(runId)
  }

  /**
   * Starts a run where its session is idle, else puts it into the queue.
   *
   * @throws CaughtupError `LIMIT_EXCEEDED` when the queue is full, `NOT_FOUND`, `UNAVAILABLE`
   */
  async submit(sessionId: string, queued: QueuedRun): Promise<Submitted> {
    const { store, limits } = this.#settings
    const guard = {
      is: 'busy',
      queueBelow: limits.queuedPerSession,
      queueBytes: Math.max(0, limits.queuedBytesPerSession - jsonBytes(queued)),
    } as const
    for (let attempt = 0; attempt < attempts; attempt++) {
      const started = await this.#start(sessionId, queued, { is: 'idle' })
      if (started === 'started' || isTaken(started)) return started
      if (started !== 'guard-failed') throw refusedError(sessionId, started, limits)
      const { refused } = await store.append({
        sessionId,
        drafts: [{ type: 'queue-changed', add: queued }],
        guard,
      })
      if (refused === undefined) return 'queued'
      if (refused !== 'guard-failed') throw refusedError(sessionId, refused, limits)
    }
    throw new CaughtupError('UNAVAILABLE', `Session ${sessionId} is too busy to take a prompt.`)
  }

  /**
   * Ends a run, whatever its agent does: the active one, or the one named, which may be queued.
   * Returns whether this call ended it.
   *
   * @throws CaughtupError `UNAVAILABLE` where the database does not take the end in time: the run has
   *   stopped all the same, and its end is written later
   */
  async interrupt(sessionId: string, runId?: string): Promise<boolean> {
    const { store } = this.#settings
    for (let attempt = 0; attempt < attempts; attempt++) {
      const state = await store.head(sessionId)
      const target = runId ?? state.head.run?.id
      const own = target === undefined ? undefined : this.#active.get(target)
      if (own?.sessionId === sessionId) {
        return await store.answered(this.#end(own, interrupted)).catch((error: unknown) => {
          throw stoppedNotWritten(error)
        })
      }
      if (target === undefined) return false
      if (state.head.run?.id === target) {
        if (await this.endForeign({ sessionId, ...state }, 'interrupted')) return true
      } else if (state.head.queue.some((queued) => queued.runId === target)) {
        const { refused } = await store.append({
          sessionId,
          drafts: [{ type: 'queue-changed', remove: target }],
          guard: { is: 'queued', runId: target },
        })
        if (refused === undefined) return true
      } else {
        return false
      }
    }
    return false
  }

  /** Ends a run that no living process executes, or that another one does. */
  async endForeign(
    run: Parameters<typeof endForeignRun>[1],
    reason: 'interrupted' | 'lost',
  ): Promise<boolean> {
    const ended = await endForeignRun(this.#settings, run, { reason })
    if (ended) this.next(run.sessionId)
    return ended
  }

  /** Starts what waits first in a session's queue, unless something runs; failures are logged. */
  next(sessionId: string): void {
    this.#startNext(sessionId).catch((error: unknown) => {
      if (!isSuperseded(error)) this.#settings.onError(error, 'starting the next run')
    })
  }

  /** Stops executing what is no concern of the journal any more: ended elsewhere, or deleted. */
  abandon(matches: (run: { id: string; sessionId: string }) => boolean): void {
    for (const run of this.#active.values()) {
      if (!matches(run)) continue
      run.ending ??= Promise.resolve(false)
      this.#forget(run)
      run.controller.abort()
    }
  }

  /** Starts nothing more, and waits for what runs: for `ms` at most, or until the signal. */
  async drain(ms: number, signal: AbortSignal): Promise<void> {
    this.#closing = true
    if (ms <= 0 || signal.aborted) return
    const over = new AbortController()
    const all = Promise.all([...this.#active.values()].map((run) => run.over.promise))
    const waiting = sleep(this.#settings.store.clock, ms, AbortSignal.any([over.signal, signal]))
    await Promise.race([all, waiting.catch(() => undefined)])
    over.abort()
  }

  /** Interrupts every run; resolves when their ends are written. */
  async interruptAll(): Promise<void> {
    await Promise.all([...this.#active.values()].map((run) => this.#end(run, interrupted)))
  }

  async #startNext(sessionId: string): Promise<void> {
    const { store } = this.#settings
    for (let attempt = 0; attempt < attempts && !this.#closing; attempt++) {
      const { head } = await store.head(sessionId)
      const [queued] = head.queue
      if (head.run || !queued) return
      const guard = { is: 'next', runId: queued.runId } as const
      const started = await this.#start(sessionId, queued, guard)
      if (started === 'started' || started === 'session-missing') return
      if (!isTaken(started)) continue
      // The same prompt came in twice at the same moment: it is a message already, or was one.
      const drafts = [{ type: 'queue-changed', remove: queued.runId } as const]
      await store.append({ sessionId, drafts, guard })
    }
  }

  async #start(
    sessionId: string,
    queued: QueuedRun,
    guard: Extract<Guard, { is: 'idle' | 'next' }>,
  ): Promise<'started' | Refusal> {
    if (this.#closing) throw shuttingDown()
    const { store } = this.#settings
    const answerId = uuid()
    const drafts = startDrafts(queued, answerId, store.clock.now())
    const waited = guard.is === 'next'
    // Known before the commit, so that an interruption right after it finds the run here.
    const run = this.#prepare(sessionId, queued, answerId)
    const { refused } = await store
      .append({
        sessionId,
        drafts: waited ? [{ type: 'queue-changed', remove: queued.runId }, ...drafts] : drafts,
        guard,
      })
      .catch((error: unknown) => {
        if (run) this.#forget(run)
        throw error
      })
    if (refused !== undefined) {
      if (run) this.#forget(run)
      return refused
    }
    if (run) void this.#drive(run)
    else this.next(sessionId)
    return 'started'
  }

  #prepare(sessionId: string, queued: QueuedRun, answerId: string): ActiveRun | undefined {
    const execution = this.#execution(sessionId, queued, answerId)
    if (!execution) return undefined
    const run: ActiveRun = {
      id: queued.runId,
      sessionId,
      execution,
      controller: new AbortController(),
      over: Promise.withResolvers(),
      started: false,
    }
    this.#active.set(run.id, run)
    return run
  }

  #execution(sessionId: string, queued: QueuedRun, answerId: string): Execution | undefined {
    switch (queued.kind) {
      case 'agent':
        return new AgentRun(this.#settings, {
          sessionId,
          prompt: queued,
          answerId,
          onIgnored: () => void this.#ignoredParts++,
        })
      case 'compaction':
        return new Compaction(this.#settings, sessionId, queued)
      case 'reset':
        return undefined
    }
  }

  /** Never rejects: whatever a run does ends in the journal or in the log. */
  async #drive(run: ActiveRun): Promise<void> {
    run.started = true
    if (run.ending) return
    let end: RunEnd
    try {
      end = await run.execution.drive(run.controller.signal)
    } catch (error) {
      // Ended from outside: how its agent takes that is no failure.
      if (run.ending) return
      if (!isSuperseded(error)) this.#settings.onError(error, `run ${run.id}`)
      end = { reason: 'error', error: toRunError(error, this.#settings.describeError) }
      run.controller.abort()
    }
    await this.#end(run, end)
  }

  /** Returns whether this call, and not an earlier one, ended the run. */
  async #end(run: ActiveRun, end: RunEnd): Promise<boolean> {
    if (run.ending) {
      await run.ending
      return false
    }
    run.ending = this.#commitEnd(run, end)
    if (end.reason === 'interrupted') run.controller.abort()
    return run.ending
  }

  async #commitEnd(run: ActiveRun, end: RunEnd): Promise<boolean> {
    try {
      await run.execution.commit(end)
      return true
    } catch (error) {
      run.controller.abort()
      if (isSuperseded(error)) return false
      this.#settings.onError(error, `ending run ${run.id}`)
      return await this.#endBare(run, error)
    } finally {
      this.#forget(run)
      this.next(run.sessionId)
    }
  }

  /** What belonged to the end cannot be stored: the run ends without it. */
  async #endBare({ id, sessionId }: ActiveRun, cause: unknown): Promise<boolean> {
    try {
      const state = await this.#settings.store.head(sessionId)
      if (state.head.run?.id !== id) return false
      const error = toRunError(withoutValues(cause), this.#settings.describeError)
      const end = { reason: 'error', error } as const
      return await endForeignRun(this.#settings, { sessionId, ...state }, end)
    } catch (error) {
      // Its lease runs out when the store is well again.
      if (!isSuperseded(error)) this.#settings.onError(error, `ending run ${id}`)
      return false
    }
  }

  #forget(run: ActiveRun): void {
    this.#active.delete(run.id)
    run.over.resolve()
  }
}

function isTaken(outcome: 'started' | Refusal): outcome is 'message-exists' | 'message-gone' {
  return outcome === 'message-exists' || outcome === 'message-gone'
}

function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value))
}
