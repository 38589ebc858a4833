import * as z from 'zod'

import { count, id } from '../base/id.ts'
import { event } from '../event/event.ts'
import { eventFilter, eventPage, eventSummary } from '../wire/journal-query.ts'
import { limit, procedure } from './base.ts'

export const events = {
  /** Entries of a session's journal, each by itself. */
  list: procedure
    .input(
      z.strictObject({
        sessionId: id,
        filter: eventFilter.exactOptional(),
        /** @default 'oldest' */
        from: z.enum(['oldest', 'newest']).exactOptional(),
        /** Of the page before, in the same direction and with the same filter. */
        cursor: count.exactOptional(),
        limit: limit.exactOptional(),
      }),
    )
    .output(eventPage),
  /** How many entries match, exactly. */
  summary: procedure
    .input(z.strictObject({ sessionId: id, filter: eventFilter.exactOptional() }))
    .output(eventSummary),
  /** The entry of this seq, or the one that covers it. */
  get: procedure.input(z.strictObject({ sessionId: id, seq: count })).output(event),
  /** Removes the entries up to a seq; the messages stay. Only the session's owner may call it. */
  delete: procedure
    .input(z.strictObject({ sessionId: id, upTo: count }))
    .output(z.object({ floor: count })),
}
