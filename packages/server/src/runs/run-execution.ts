import type { DataPart, EventDraft, FinishReason, RunError } from '@caughtup/schema'
import { type Notice, type NoticeKind, noticeType } from '@caughtup/schema/notice'

/** How a run ended. */
export interface RunEnd {
  reason: FinishReason
  error?: RunError
}

/** What a run does, whatever its kind. */
export interface Execution {
  /** Works until the run is over by itself. Rejects with what it failed of. */
  drive(signal: AbortSignal): Promise<RunEnd>
  /**
   * Commits the end of the run and all that belongs to it, at once and together, whether or not
   * `drive` has returned; nothing is written after it.
   *
   * @throws CaughtupError `CONFLICT` (`run-superseded`) or `NOT_FOUND` when it ended elsewhere
   */
  commit(end: RunEnd): Promise<void>
}

export function runEndedDraft(runId: string, { reason, error }: RunEnd): EventDraft {
  return { type: 'run-ended', runId, reason, ...(error && { error }) }
}

/** The part that says, inside a message, how its run was ended from outside. */
export function noticePart(kind: NoticeKind, assistant: string): DataPart {
  return { type: noticeType, data: { kind, assistant } satisfies Notice }
}
