import type { PromptPart, QueuedRun } from '@caughtup/schema'
import type { SessionView } from '@caughtup/web-client'

/** Where something waits: by what calls it is changed there. */
export interface WaitingPlace {
  edit: (parts: readonly PromptPart[]) => Promise<unknown>
  remove: () => Promise<unknown>
  /** Offers it to the answer that is being written; only of what waits in the queue. */
  steer?: () => Promise<unknown>
  /** Sends it again; only of what is in the outbox. */
  retry?: () => Promise<unknown>
}

export function inOutbox(session: SessionView, messageId: string): WaitingPlace {
  return {
    edit: (parts) => session.updatePending(messageId, parts),
    remove: () => session.dismissPending(messageId),
    retry: () => session.retryPending(messageId).catch(shownAsPending),
  }
}

export function inQueue(session: SessionView, run: QueuedRun): WaitingPlace {
  const remove = () => session.interrupt(run.runId)
  return {
    edit: (parts) => session.updateQueued(run.runId, parts),
    remove,
    async steer() {
      const waits = session.getSnapshot().queue.some(({ runId }) => runId === run.runId)
      if (run.kind !== 'agent' || !waits || !(await remove()).interrupted) return
      const { parts, model, thinkingLevel, custom } = run
      const asked = {
        ...(model !== undefined && { model }),
        ...(thinkingLevel !== undefined && { thinkingLevel }),
        ...(custom && { custom }),
      }
      session.send({ parts, ...asked, whenBusy: 'steer' }).catch(shownAsPending)
    },
  }
}

/** A prompt that failed is in the session's snapshot, with its error. */
function shownAsPending(): void {}
