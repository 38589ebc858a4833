import { v7 as uuid } from 'uuid'

import type { CallLimit } from '../access/call-limit.ts'
import type { Settings } from '../host/server-options.ts'
import type { Principal } from '../host/principal.ts'
import type { Runs } from '../runs/runs.ts'
import { noSummarise } from './compaction-run.ts'

/** The run that opens an epoch, and whether it waits for others. */
export interface RequestedEpoch {
  runId: string
  queued: boolean
}

/** Submits a compaction or a reset: a run that opens the session's next epoch. */
export class RequestEpoch {
  readonly #settings: Settings
  readonly #runs: Runs
  readonly #rate: CallLimit

  constructor(settings: Settings, runs: Runs, rate: CallLimit) {
    this.#settings = settings
    this.#runs = runs
    this.#rate = rate
  }

  /**
   * @param principal - absent where the host's own code asks
   * @throws CaughtupError `BAD_INPUT` (`no-summarise`), and those of {@link Runs.submit}
   */
  async request(
    kind: 'compaction' | 'reset',
    sessionId: string,
    principal?: Principal,
  ): Promise<RequestedEpoch> {
    const { store, summarise } = this.#settings
    if (kind === 'compaction' && !summarise) throw noSummarise()
    if (principal) await this.#rate.take(principal.id)
    const runId = uuid()
    const outcome = await this.#runs.submit(sessionId, {
      kind,
      runId,
      trigger: principal ? 'user' : 'auto',
      queuedAt: store.clock.now(),
      ...(principal && { author: principal.id }),
    })
    return { runId, queued: outcome === 'queued' }
  }
}
