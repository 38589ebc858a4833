import { eventIterator } from '@orpc/contract'
import * as z from 'zod'

import { count, id } from '../base/id.ts'
import { activityRow } from '../model/activity.ts'
import { activityFrame, wireCursor } from '../wire/frame.ts'
import { listInput, procedure } from './base.ts'

export const activity = {
  /** A page of the caller's sessions, by recency, newest first, and the cursor to subscribe from. */
  list: procedure.input(listInput).output(
    z.object({
      rows: z.array(activityRow),
      nextCursor: wireCursor.nullable(),
      /** The position of the feed when the first page was read. */
      cursor: wireCursor,
    }),
  ),
  subscribe: procedure
    .input(z.strictObject({ since: wireCursor.exactOptional() }).optional())
    .output(eventIterator(activityFrame)),
  /** Moves the caller's read mark forward, never back. */
  markRead: procedure
    .input(z.strictObject({ sessionId: id, upTo: count }))
    .output(z.object({ upTo: count })),
}
