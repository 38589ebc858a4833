import { type EventDraft, type Part, unansweredText } from '@caughtup/schema'
import { isAwaited } from '@caughtup/schema/fold'
import type { ActiveRun } from '@caughtup/store'

import { openAnswer } from './open-answer.ts'
import type { Runs } from './runs.ts'

/** A run whose processes were lost more often than this is not continued: it may be what kills them. */
const mostLosses = 3

/**
 * Continues a run whose process is presumed dead in its open answer: here, or, if a person has to
 * answer one of its calls first, when that is done. Calls whose results were lost have failed.
 *
 * Returns whether it goes on. Not if there is no such answer, if it was lost too often, or if anything
 * was written since `head` was read.
 */
export async function continueRun(
  runs: Runs,
  { sessionId, head, open }: Pick<ActiveRun, 'sessionId' | 'head' | 'open'>,
): Promise<boolean> {
  const { run, seq } = head
  const message = run && openAnswer(open, run.id)
  const attempt = run?.attempt ?? 1
  if (run?.kind !== 'agent' || !message || attempt > mostLosses) return false
  const { id: runId } = run
  const parts = message.parts.map(withoutLost)
  const ops = parts.flatMap((value, part) =>
    value === message.parts[part] ? [] : [{ op: 'put' as const, part, value }],
  )
  const status = parts.some(isAwaited) ? ('waiting' as const) : ('streaming' as const)
  const next = { ...run, attempt: attempt + 1 }
  const drafts: EventDraft[] = [
    ...(ops.length > 0 ? [{ type: 'message-delta' as const, messageId: message.id, ops }] : []),
    { type: 'run-changed', runId, status, attempt: next.attempt },
  ]
  const guard = { is: 'run', runId, attempt, seq } as const
  return runs.goOn(sessionId, {
    run: next,
    answer: { ...message, parts },
    drafts,
    guard,
    waits: status === 'waiting',
  })
}

/** A call that was being made has failed, as at the end of a lost run; one to be approved still waits. */
function withoutLost(part: Part): Part {
  if (part.type !== 'dynamic-tool' || part.state !== 'input-available') return part
  return { ...part, state: 'output-error', errorText: unansweredText('lost') }
}
