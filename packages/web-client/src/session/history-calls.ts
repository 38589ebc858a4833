import type { HistoryChange, PromptPart, RunTicket } from '@caughtup/schema'

import type { ClientContext } from '../core/client-context.ts'
import { request } from '../core/request.ts'
import { editOf } from '../outbox/prompt.ts'
import type { CallOrder } from './call-order.ts'

/**
 * The calls that change a session's history; they reject with a `ChatClientError`. Nothing is shown
 * before the server has made the change: it comes by the view's stream, as on every other device.
 *
 * None of them is repeated by itself. After `NETWORK` the change may have been made all the same: the
 * view shows whether it was.
 */
export interface HistoryCalls {
  /** Requests a run that opens an epoch with a summary of the present one. */
  compact(): Promise<RunTicket>
  /** Requests a run that opens an empty epoch. */
  reset(): Promise<RunTicket>
  /** Replaces a message's content: of a prompt that the caller sent, or any as the session's owner. */
  edit(messageId: string, content: string | readonly PromptPart[]): Promise<{ seq: number }>
  /** Removes a message for good; who may is as for `edit`. */
  delete(messageId: string): Promise<HistoryChange>
  /** Hides the last turn. Ends the active run. */
  undo(): Promise<HistoryChange>
  /** Shows what the newest undo hid. */
  redo(): Promise<HistoryChange>
  /** Removes the messages after one, or the whole epoch, for good, as the owner. Ends the active run. */
  truncate(after?: string): Promise<HistoryChange>
  /** Removes messages of any epoch and their content, for good; who may is as for `edit`. */
  erase(messageIds: readonly string[]): Promise<HistoryChange>
}

/** Each call starts when the calls of the view before it were answered. */
export function historyCalls(
  context: ClientContext,
  sessionId: string,
  order: CallOrder,
): HistoryCalls {
  const { history, messages } = context.rpc
  const input = { sessionId }
  const inOrder = <T extends object>(call: (options: { signal: AbortSignal }) => Promise<T>) =>
    order.add(() => request(context, (signal) => call({ signal })))
  return {
    compact: () => inOrder((options) => history.compact(input, options)),
    reset: () => inOrder((options) => history.reset(input, options)),
    edit(messageId, content) {
      return inOrder((options) =>
        messages.edit({ ...input, messageId, ...editOf(content) }, options),
      )
    },
    delete: (messageId) => inOrder((options) => messages.delete({ ...input, messageId }, options)),
    undo: () => inOrder((options) => history.undo(input, options)),
    redo: () => inOrder((options) => history.redo(input, options)),
    truncate: (after) =>
      inOrder((options) =>
        history.truncate({ ...input, ...(after !== undefined && { after }) }, options),
      ),
    erase: (messageIds) =>
      inOrder((options) => history.erase({ ...input, messageIds: [...messageIds] }, options)),
  }
}
