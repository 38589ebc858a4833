import { CaughtupError } from '@caughtup/schema'

import type { Guard, Refusal } from '../port/commit.ts'

export interface SourceTarget {
  sessionId: string
  messageId: string
  /** The run whose message it is: it must be the active one at every commit. */
  runId?: string
}

/** Whoever writes one message, as the coalescer sees it. */
export class MessageSource {
  readonly sessionId: string
  readonly messageId: string
  readonly runId: string | undefined
  readonly guard: Guard | undefined
  /** Why something that gathered was not taken. Its call has returned long before: the next tells. */
  failure: Error | undefined

  constructor({ sessionId, messageId, runId }: SourceTarget) {
    this.sessionId = sessionId
    this.messageId = messageId
    this.runId = runId
    this.guard = runId === undefined ? undefined : { is: 'run', runId }
  }

  /** What a refusal of the journal means to who writes this message. */
  refused(refusal: Refusal): CaughtupError {
    const { sessionId, messageId, runId } = this
    switch (refusal) {
      case 'session-missing':
        return new CaughtupError('NOT_FOUND', `Session ${sessionId} was deleted.`, {
          field: 'sessionId',
        })
      case 'message-gone':
        return new CaughtupError('NOT_FOUND', `Message ${messageId} was deleted.`, {
          field: 'messageId',
          reason: 'message-deleted',
        })
      case 'message-missing':
        return this.finished()
      case 'guard-failed':
        return new CaughtupError('CONFLICT', `Run ${runId} is not the active run any more.`, {
          reason: 'run-superseded',
        })
      case 'message-exists':
      case 'message-open':
      case 'queue-full':
      case 'queue-too-large':
      case 'nothing-to-undo':
      case 'nothing-to-redo':
      case 'counted-already':
        return new CaughtupError('CONFLICT', `Message ${messageId} was not taken: ${refusal}.`, {
          reason: refusal,
        })
    }
  }

  finished(): CaughtupError {
    return new CaughtupError('CONFLICT', `Message ${this.messageId} is finished.`, {
      reason: 'message-finished',
    })
  }
}
