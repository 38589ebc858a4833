import type { Settings } from '../host/server-options.ts'
import { runEndedDraft } from '../runs/run-execution.ts'
import { type QueuedRunOf, type RunKind, runStartedDraft, type RunStart } from '../runs/run-kind.ts'

/** Resets as runs: the commit that starts one opens the next epoch and ends the run. */
export class ResetKind implements RunKind<QueuedRunOf<'reset'>> {
  readonly #settings: Settings

  constructor(settings: Settings) {
    this.#settings = settings
  }

  start(_sessionId: string, queued: QueuedRunOf<'reset'>): RunStart {
    return {
      drafts: [
        runStartedDraft(queued, this.#settings.store.clock.now()),
        { type: 'boundary', kind: 'reset', trigger: queued.trigger },
        runEndedDraft(queued.runId, { reason: 'stop' }),
      ],
    }
  }
}
