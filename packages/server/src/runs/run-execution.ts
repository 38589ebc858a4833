import type { DataPart, EventDraft, FinishReason, RunError } from '@caughtup/schema'
import { type Notice, type NoticeKind, noticeType } from '@caughtup/schema/notice'

/** How a run ended. */
export interface RunEnd {
  reason: FinishReason
  error?: RunError
}

/** The work of a started run, whatever its kind. */
export interface RunExecution {
  /**
   * Works until the run ends by itself, or waits for answers to its tool calls; rejects with the cause
   * of a failure.
   */
  drive(signal: AbortSignal): Promise<RunEnd | 'waiting'>
  /**
   * Commits the end of the run and everything that belongs to it in one commit, whether or not
   * `drive` has returned. Nothing is written after it.
   *
   * @param alongside - what else that commit writes
   * @throws CaughtupError `CONFLICT` (`run-superseded`) or `NOT_FOUND` if the run ended elsewhere
   */
  commit(end: RunEnd, alongside: readonly EventDraft[]): Promise<void>
  /** Commits that the run waits, after `drive` has said so. Nothing is written after it. */
  suspend?(): Promise<void>
}

export function runEndedDraft(runId: string, { reason, error }: RunEnd): EventDraft {
  return { type: 'run-ended', runId, reason, ...(error && { error }) }
}

/** The part of a message that says how its run was ended from outside. */
export function noticePart(kind: NoticeKind, assistant: string): DataPart {
  return { type: noticeType, data: { kind, assistant } satisfies Notice }
}
