import * as z from 'zod'

import { id } from '../base/id.ts'
import { page, pageCursor } from '../wire/page.ts'
import { limit, procedure, sessionInput } from './base.ts'
import { runTicket } from './runs.ts'

export const history = {
  /** The page before or after a cursor; without one, the newest page. */
  loadMore: procedure
    .input(
      z.strictObject({
        sessionId: id,
        cursor: pageCursor.exactOptional(),
        limit: limit.exactOptional(),
      }),
    )
    .output(page),
  /** The page around a message of any epoch. */
  around: procedure
    .input(z.strictObject({ sessionId: id, messageId: id, limit: limit.exactOptional() }))
    .output(page),
  /** Queues a run that opens an epoch with a summary of the newest one. */
  compact: procedure.input(sessionInput).output(runTicket),
  /** Queues a run that opens an empty epoch. */
  reset: procedure.input(sessionInput).output(runTicket),
}
