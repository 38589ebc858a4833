import type { EventDraft, Part } from '@caughtup/schema'
import { isNoticeKind } from '@caughtup/schema/notice'
import type { ActiveRun } from '@caughtup/store'

import type { Settings } from '../host/server-options.ts'
import { noticePart, runEndedDraft, type RunEnd } from './run-execution.ts'

/**
 * Ends a run that is not executed here: finishes its open messages (with a notice, if it ended from
 * outside) and the run, in one commit. Returns false if it is no longer the active run, and for the
 * reason `lost` if anything was written since `head` was read.
 */
export async function endOrphanedRun(
  { store, assistantName }: Settings,
  { sessionId, head, open }: Pick<ActiveRun, 'sessionId' | 'head' | 'open'>,
  end: RunEnd,
  alongside: readonly EventDraft[] = [],
): Promise<boolean> {
  const runId = head.run?.id
  if (runId === undefined) return false
  const { reason } = end
  const notice = isNoticeKind(reason) ? noticePart(reason, assistantName) : undefined
  const drafts = open
    .filter(({ metadata }) => metadata.runId === runId)
    .flatMap(({ id, parts }): EventDraft[] => [
      ...(notice ? [putDraft(runId, id, parts.length, notice)] : []),
      { type: 'message-finished', runId, messageId: id, ...end },
    ])
  const result = await store.append({
    sessionId,
    drafts: [...drafts, runEndedDraft(runId, end), ...alongside],
    // A process that was only slow may have written meanwhile: then its run is not lost.
    guard: { is: 'run', runId, ...(reason === 'lost' && { seq: head.seq }) },
  })
  return result.refused === undefined
}

function putDraft(runId: string, messageId: string, part: number, value: Part): EventDraft {
  return { type: 'message-delta', runId, messageId, ops: [{ op: 'put', part, value }] }
}
