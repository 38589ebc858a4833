import type { EventDraft } from '@caughtup/schema'
import type { OpenRun } from '@caughtup/store'

import { runEndedDraft } from './execution.ts'
import { noticePart } from './notice-part.ts'
import type { Settings } from './options.ts'

/**
 * Ends a run that this process does not execute: its open messages with a notice, and the run, in
 * one commit that only happens while it is the active one. Returns whether it did.
 */
export async function endForeignRun(
  { store, assistantName }: Settings,
  { sessionId, head, open }: Pick<OpenRun, 'sessionId' | 'head' | 'open'>,
  reason: 'interrupted' | 'lost',
): Promise<boolean> {
  const runId = head.run?.id
  if (runId === undefined) return false
  const notice = noticePart(reason, assistantName)
  const drafts = open
    .filter(({ metadata }) => metadata.runId === runId)
    .flatMap(({ id, parts }): EventDraft[] => [
      {
        type: 'message-delta',
        runId,
        messageId: id,
        ops: [{ op: 'put', part: parts.length, value: notice }],
      },
      { type: 'message-finished', runId, messageId: id, reason },
    ])
  const result = await store.append({
    sessionId,
    drafts: [...drafts, runEndedDraft(runId, { reason })],
    guard: { is: 'run', runId },
  })
  return result.refused === undefined
}
