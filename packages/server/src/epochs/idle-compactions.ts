import { CaughtupError, type QueuedRun } from '@caughtup/schema'
import { background } from '@caughtup/schema/clock'
import type { IdleSession } from '@caughtup/store'
import { v7 as uuid } from 'uuid'

import { fillsContext } from '../agent/compaction-before.ts'
import type { Settings } from '../host/server-options.ts'
import { repeat } from '../runs/repeat.ts'
import type { Runs } from '../runs/runs.ts'

/** How often it looks, in ms: soon enough for times that are minutes, and one indexed query each time. */
const lookEvery = 1_000
/** How many sessions one look reads at most, so that a process that starts is not held up by old ones. */
const sessionsPerLook = 100
/** How many of its compactions run at once in this process: nobody waits for them. */
const atOnce = 2

/**
 * Compacts sessions in which nothing has happened for a time and whose context takes up a share of the
 * window. What is due depends on the stored sessions alone. It walks them from the one that has been idle
 * longest; a session that changes has its place behind those it has walked, so each is looked at once
 * after each change. The place in the walk is this process's: the next one begins anew.
 */
export class IdleCompactions {
  readonly #settings: Settings
  readonly #runs: Runs
  readonly #closing: AbortSignal
  /** Its compactions that have not ended here. */
  readonly #begun = new Set<string>()
  /** The last session that it has looked at. */
  #place: IdleSession | undefined
  #started = false

  /** @param closing - aborted when the server closes */
  constructor(settings: Settings, runs: Runs, closing: AbortSignal) {
    this.#settings = settings
    this.#runs = runs
    this.#closing = closing
  }

  /** Does nothing without the option, or if it was called before. */
  start(): void {
    const { compactIdle, store, onError } = this.#settings
    if (!compactIdle || this.#started) return
    this.#started = true
    const log = (error: unknown) => {
      if (!this.#closing.aborted) onError(error, 'compacting idle sessions')
    }
    const rhythm = { clock: background(store.clock), ms: lookEvery, signal: this.#closing }
    repeat(rhythm, () => this.#look(compactIdle).catch(log)).catch(log)
  }

  async #look({ after, at }: { after: number; at: number }): Promise<void> {
    if (!this.#hasRoom()) return
    const { store } = this.#settings
    const place = this.#place
    const sessions = await store.idleSessions({
      until: store.clock.now() - after,
      limit: Math.min(sessionsPerLook, store.limits.pageMost),
      ...(place && { after: place }),
    })
    for (const session of sessions) {
      if (this.#closing.aborted || !this.#hasRoom()) return
      await this.#compact(session, at).catch((error: unknown) => this.#failed(session, error))
      this.#place = session
    }
  }

  #hasRoom(): boolean {
    const { ids } = this.#runs
    for (const runId of this.#begun) if (!ids.includes(runId)) this.#begun.delete(runId)
    return this.#begun.size < atOnce
  }

  /** Compacts the session if it is due, and nothing happens to it meanwhile. */
  async #compact({ sessionId, head }: IdleSession, share: number): Promise<void> {
    const { store, contextLimit } = this.#settings
    if (!fillsContext(head, share, contextLimit)) return
    const { messages } = await store.page(sessionId, { limit: 1 })
    // A summary that is large by itself does not become smaller.
    if (messages.length === 0 || messages[0]?.metadata.boundary) return
    const compaction: QueuedRun = {
      kind: 'compaction',
      runId: uuid(),
      trigger: 'idle',
      queuedAt: store.clock.now(),
    }
    if (await this.#runs.startAt(sessionId, compaction, head.seq)) {
      this.#begun.add(compaction.runId)
    }
  }

  /** @throws if the next look should begin with this session again: the database takes nothing now */
  #failed({ sessionId }: IdleSession, error: unknown): void {
    const code = error instanceof CaughtupError ? error.code : undefined
    if (code === 'UNAVAILABLE') throw error
    if (code !== 'NOT_FOUND')
      this.#settings.onError(error, `compacting the idle session ${sessionId}`)
  }
}
