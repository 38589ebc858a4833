import type { ToolPart } from '@caughtup/schema'
import type { SessionSnapshot } from '@caughtup/web-client'

/**
 * Where a tool call stands with the people who have to answer it.
 *
 * - `approval-requested`: a person has to approve it
 * - `output-requested`: this page has to make it, and to give what it returned
 * - `approved`, `denied`: a person did so
 * - `answered`: a page gave what it returned, while this one was looking
 * - `unanswered`: it waited for an approval, and the run ended before one came
 */
export type ApprovalState =
  | 'approval-requested'
  | 'output-requested'
  | 'approved'
  | 'denied'
  | 'answered'
  | 'unanswered'

/** What a session says of one of its calls. */
export interface CallStanding {
  /** Whether an answer is accepted now. */
  waits: boolean
  /** Whether one may be accepted later: the call's message is open, or the view is not caught up. */
  isOpen: boolean
}

export function standingOf(
  { connection, messages, run, waiting }: SessionSnapshot,
  toolCallId: string,
): CallStanding {
  const isLive = connection.status === 'live'
  const open = run && messages.findLast(({ status }) => status === 'open')
  const isIn = open?.parts.some((one) => 'toolCallId' in one && one.toolCallId === toolCallId)
  return {
    waits: isLive && waiting.some((call) => call.toolCallId === toolCallId),
    isOpen: !isLive || isIn === true,
  }
}

/** The state of a call; `undefined` for one that nobody has to answer. */
export function approvalState(
  part: ToolPart,
  { waits, isOpen }: CallStanding,
  wasAwaited: boolean,
): ApprovalState | undefined {
  if ('approval' in part && part.approval?.isAutomatic) return undefined
  switch (part.state) {
    case 'input-streaming':
      return undefined
    case 'approval-requested':
      return isOpen ? 'approval-requested' : 'unanswered'
    case 'input-available':
      return waits || (wasAwaited && isOpen) ? 'output-requested' : undefined
    case 'approval-responded':
    case 'output-denied':
      return part.approval.approved ? 'approved' : 'denied'
    case 'output-available':
    case 'output-error':
      if (part.approval) return 'approved'
      return wasAwaited ? 'answered' : undefined
  }
}
