import type { Unmerged } from '@caughtup/schema'
import { type AwaitedCall, isAwaited } from '@caughtup/schema/fold'

import type { ActivityHint } from '../activity/activity-snapshot.ts'
import { keepIdentity, keepItems } from '../core/keep-identity.ts'
import type { Connection } from '../live/connection.ts'
import type { SessionSnapshot } from './session-snapshot.ts'
import type { SessionState } from './session-state.ts'

/** Builds the snapshot of a session view. Parts that equal those of `previous` keep their identity. */
export function buildSessionSnapshot(
  sessionId: string,
  state: SessionState,
  connection: Connection,
  hint: ActivityHint | undefined,
  previous: SessionSnapshot | undefined,
): SessionSnapshot {
  const { view, lastReplay, older, olderError, caughtUp } = state
  const { run, usage, contextUsage } = view
  const unmerged = unmergedOf(state)
  const { streaming, canInterrupt, model, thinkingLevel, lastError } = runningOf(state, hint)
  return {
    sessionId,
    connection: keepIdentity(previous?.connection, {
      ...connection,
      ...(lastReplay && { lastReplay }),
    }),
    stale: !caughtUp && (!lastReplay || !isUnchanged(state, hint)),
    messages: view.messages,
    epoch: view.epoch,
    hasOlder: view.hasOlder,
    loadingOlder: older !== undefined,
    ...(olderError && { olderError }),
    ...(run && { run }),
    waiting: keepItems(previous?.waiting, waitingOf(view)),
    queue: view.queue,
    pending: keepItems(
      previous?.pending,
      state.pending.map(({ shown }) => shown),
    ),
    presence: state.presence,
    streaming,
    ...(model !== undefined && { model }),
    ...(thinkingLevel !== undefined && { thinkingLevel }),
    ...(lastError && { lastError }),
    canInterrupt,
    lastPending: state.pending.at(-1)?.shown.messageId ?? previous?.lastPending,
    ...(usage && { usage }),
    ...(contextUsage && { contextUsage }),
    ...(unmerged && { unmerged }),
    canUndo: view.canUndo,
    canRedo: view.canRedo,
    skipped: view.skipped,
  }
}

/** Reads the view once it is caught up; until then the activity row, unless the view is newer. */
function runningOf({ view, caughtUp }: SessionState, hint: ActivityHint | undefined) {
  if (!caughtUp && hint && hint.row.headSeq >= view.seq) {
    const { streaming, lastModel, lastThinkingLevel, lastError } = hint.row
    return {
      streaming,
      canInterrupt: streaming,
      model: lastModel,
      thinkingLevel: lastThinkingLevel,
      lastError,
    }
  }
  const { run, messages, lastModel, lastThinkingLevel, lastError } = view
  const answer = messages.findLast(({ metadata }) => metadata.model !== undefined)
  return {
    streaming: run?.status === 'streaming',
    canInterrupt: run !== undefined,
    model: lastModel ?? answer?.metadata.model,
    thinkingLevel: lastThinkingLevel,
    lastError,
  }
}

/** Whether a live feed tells that nothing happened since the view was last caught up. */
function isUnchanged({ view }: SessionState, hint: ActivityHint | undefined): boolean {
  return hint !== undefined && hint.live && !hint.row.streaming && hint.row.headSeq <= view.seq
}

/** The calls of the open answer that a waiting run waits for. */
function waitingOf({ run, messages }: SessionState['view']): readonly AwaitedCall[] {
  if (run?.status !== 'waiting') return []
  const answer = messages.findLast(({ status, metadata }) => {
    return status === 'open' && metadata.runId === run.id
  })
  return answer?.parts.filter(isAwaited) ?? []
}

/** When the run is over, what is missing comes as any other change. */
function unmergedOf({ unmerged, view }: SessionState): Unmerged | undefined {
  return unmerged === 'run-active' && !view.run ? undefined : unmerged
}
