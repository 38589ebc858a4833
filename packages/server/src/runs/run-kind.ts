import type { EventDraft, HistoryDraft, Message, QueuedRun, Run, RunDraft } from '@caughtup/schema'

import type { RunExecution } from './run-execution.ts'

/** A queued run of one kind. */
export type QueuedRunOf<K extends QueuedRun['kind']> = Extract<QueuedRun, { kind: K }>

/** What a queued run becomes when its turn comes. */
export interface RunStart {
  /** A change of history that is committed with it. */
  history?: HistoryDraft
  /** `run-started` and everything else that is committed with it. */
  drafts: EventDraft[]
  /** The work that follows that commit; absent when the same commit also ends the run. */
  execution?: RunExecution
}

/** A run that comes before another one. */
export interface RunBefore {
  run: QueuedRun
  /** The other one, as it waits in the queue until then. */
  waiting: QueuedRun
  /** The journal's newest entry when this was decided: after another one it may no longer hold. */
  seq: number
}

/** A kind of run: how it starts. `Runs` knows the agent, compactions and resets only by this. */
export interface RunKind<Queued extends QueuedRun = QueuedRun> {
  /** What has to run first, if anything. */
  before?(sessionId: string, queued: Queued): Promise<RunBefore | undefined>
  start(sessionId: string, queued: Queued): RunStart
  /** A run that is not executed goes on in its open answer; absent for kinds that cannot. */
  resume?(sessionId: string, run: Run, answer: Message): RunExecution
}

export type RunKinds = { readonly [K in QueuedRun['kind']]: RunKind<QueuedRunOf<K>> }

/** @param asked - what the run asks of the model, if it does */
export function runStartedDraft(
  { runId, kind, author }: QueuedRun,
  startedAt: number,
  asked: Pick<RunDraft, 'model' | 'thinkingLevel'> = {},
): EventDraft {
  const run: RunDraft = {
    id: runId,
    kind,
    status: 'streaming',
    startedAt,
    ...asked,
    ...(author !== undefined && { author }),
  }
  return { type: 'run-started', runId, run }
}
