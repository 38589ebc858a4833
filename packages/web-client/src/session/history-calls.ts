import type { RunTicket } from '@caughtup/schema'

import type { ClientContext } from '../core/client-context.ts'
import { request } from '../core/request.ts'
import type { CallOrder } from './call-order.ts'

/** The calls that change a session's history; they reject with a `ChatClientError`. */
export interface HistoryCalls {
  /** Requests a run that opens an epoch with a summary of the present one. */
  compact(): Promise<RunTicket>
  /** Requests a run that opens an empty epoch. */
  reset(): Promise<RunTicket>
}

/** Each call starts when the calls of the view before it were answered. */
export function historyCalls(
  context: ClientContext,
  sessionId: string,
  order: CallOrder,
): HistoryCalls {
  const { history } = context.rpc
  const input = { sessionId }
  return {
    compact: () =>
      order.add(() => request(context, (signal) => history.compact(input, { signal }))),
    reset: () => order.add(() => request(context, (signal) => history.reset(input, { signal }))),
  }
}
