import { CaughtupError, type EventDraft, type MessageDraft } from '@caughtup/schema'
import { v7 as uuid } from 'uuid'

import { AttachedFiles } from '../agent/attached-files.ts'
import { modelContext } from '../agent/model-context.ts'
import type { Settings } from '../host/server-options.ts'
import { authorOf } from '../host/principal.ts'
import { runEndedDraft, type RunEnd, type RunExecution } from '../runs/run-execution.ts'
import type { QueuedRunOf } from '../runs/run-kind.ts'
import { estimateContext, readSummary, type WrittenSummary } from './summary.ts'

/** Summarises the newest epoch. The commit that ends the run opens the next epoch with the summary. */
export class CompactionRun implements RunExecution {
  readonly #settings: Settings
  readonly #sessionId: string
  readonly #queued: QueuedRunOf<'compaction'>
  #summary: WrittenSummary | undefined
  /** Size of the model's context window in tokens, if known. */
  #limit: number | undefined

  constructor(settings: Settings, sessionId: string, queued: QueuedRunOf<'compaction'>) {
    this.#settings = settings
    this.#sessionId = sessionId
    this.#queued = queued
  }

  async drive(signal: AbortSignal): Promise<RunEnd> {
    const { store, summarise } = this.#settings
    const sessionId = this.#sessionId
    const { runId } = this.#queued
    if (!summarise) throw noSummarise()
    const files = new AttachedFiles(this.#settings, sessionId)
    const messages = await modelContext(store, sessionId, { signal, files })
    const { head } = await store.head(sessionId, { signal })
    this.#limit = head.contextUsage?.limit ?? this.#settings.contextLimit
    // An empty epoch needs no summary, and no next epoch.
    if (messages.length === 0) return { reason: 'stop' }
    const summary = await summarise({
      sessionId,
      runId,
      messages,
      signal,
      ...authorOf(this.#queued),
    })
    this.#summary = readSummary(summary)
    return { reason: 'stop' }
  }

  async commit(end: RunEnd, alongside: readonly EventDraft[]): Promise<void> {
    const { store } = this.#settings
    const { runId, trigger } = this.#queued
    const drafts = [...this.#boundary(end), runEndedDraft(runId, end), ...alongside]
    const guard = { is: 'run', runId } as const
    const slice = { sessionId: this.#sessionId, drafts, guard }
    // A summary is expensive: wait for the database for as long as it takes.
    const result = await store.append(slice, { maxWaitMs: Infinity })
    if (result.refused === undefined) return
    throw new CaughtupError(
      'CONFLICT',
      `The compaction ${runId} (${trigger}) is no longer the active run.`,
      { reason: 'run-superseded' },
    )
  }

  #boundary({ reason }: RunEnd): EventDraft[] {
    const summary = this.#summary
    if (reason !== 'stop' || !summary) return []
    const { runId, trigger } = this.#queued
    const drafts: EventDraft[] = [
      { type: 'boundary', kind: 'compaction', trigger, summary: this.#message(summary) },
    ]
    const { usage, model } = summary
    if (!usage) return drafts
    const models = model === undefined ? undefined : { [model]: usage }
    return [...drafts, { type: 'usage', runId, add: usage, ...(models && { models }) }]
  }

  #message(summary: WrittenSummary): MessageDraft {
    const { runId, trigger } = this.#queued
    const now = this.#settings.store.clock.now()
    const contextUsage = estimateContext(summary, this.#limit)
    return {
      id: uuid(),
      role: 'system',
      status: 'done',
      parts: [{ type: 'text', text: summary.text, state: 'done' }],
      metadata: {
        createdAt: now,
        finishedAt: now,
        runId,
        boundary: { kind: 'compaction', trigger },
        ...(summary.usage && { usage: summary.usage }),
        ...(contextUsage && { contextUsage }),
      },
    }
  }
}

export function noSummarise(): CaughtupError {
  return new CaughtupError(
    'BAD_INPUT',
    'This server cannot compact: it has no `summarise` function.',
    {
      reason: 'no-summarise',
    },
  )
}
