import type { Settings } from '../host/server-options.ts'
import { type QueuedRunOf, type RunKind, runStartedDraft, type RunStart } from '../runs/run-kind.ts'
import { CompactionRun } from './compaction-run.ts'

/** Compactions as runs: the session stays open to prompts, which queue, while the summary is written. */
export class CompactionKind implements RunKind<QueuedRunOf<'compaction'>> {
  readonly #settings: Settings

  constructor(settings: Settings) {
    this.#settings = settings
  }

  start(sessionId: string, queued: QueuedRunOf<'compaction'>): RunStart {
    return {
      drafts: [runStartedDraft(queued, this.#settings.store.clock.now())],
      execution: new CompactionRun(this.#settings, sessionId, queued),
    }
  }
}
