import { CaughtupError } from '@caughtup/schema'

import { refusalError } from '../errors/refusal-error.ts'
import type { Guard, Refusal } from '../port/commit.ts'

export interface SourceTarget {
  sessionId: string
  messageId: string
  /** The run that the message belongs to: it must be active at every commit, at this attempt if given. */
  runId?: string
  attempt?: number
}

/** The writer of one message, as the coalescer sees it. */
export class MessageSource {
  readonly sessionId: string
  readonly messageId: string
  readonly runId: string | undefined
  readonly guard: Guard | undefined
  /** Why buffered deltas were refused. Their calls have returned, so the next call throws it. */
  failure: Error | undefined

  constructor({ sessionId, messageId, runId, attempt }: SourceTarget) {
    this.sessionId = sessionId
    this.messageId = messageId
    this.runId = runId
    this.guard =
      runId === undefined
        ? undefined
        : { is: 'run', runId, ...(attempt !== undefined && { attempt }) }
  }

  /** The error for the writer of an open message when the session refused a commit. */
  refused(refusal: Refusal): CaughtupError {
    // The message was there when it was opened.
    if (refusal === 'message-missing') return this.finished()
    if (refusal === 'message-gone') {
      return new CaughtupError('NOT_FOUND', `Message ${this.messageId} was deleted.`, {
        field: 'messageId',
        reason: 'message-deleted',
      })
    }
    return refusalError(refusal, this)
  }

  finished(): CaughtupError {
    return new CaughtupError('CONFLICT', `Message ${this.messageId} is finished.`, {
      reason: 'message-finished',
    })
  }
}
