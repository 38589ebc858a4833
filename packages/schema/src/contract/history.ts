import * as z from 'zod'

import { count, id } from '../base/id.ts'
import type { SchemaOf } from '../base/schema-of.ts'
import { page, pageCursor, searchHit } from '../wire/page.ts'
import { limit, procedure, sessionInput } from './base.ts'
import { runTicket } from './runs.ts'

const historyChangeObject = z.object({
  /** Of the event of the change. */
  seq: count,
  /** Whether the newest epoch has a turn to undo after it. */
  canUndo: z.boolean(),
  /** Whether it has an undone turn to restore after it. */
  canRedo: z.boolean(),
})
/** The answer to a change of history that was made. */
export interface HistoryChange extends z.infer<typeof historyChangeObject> {}
export const historyChange: SchemaOf<HistoryChange> = historyChangeObject

/** The members of every search. The text is plain, without query syntax. */
export const searchMembers = { text: z.string(), limit: limit.exactOptional() }
export const searchResult = z.object({ hits: z.array(searchHit) })

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
  /** Messages of the session that have every word of a text, newest first. */
  search: procedure.input(z.strictObject({ sessionId: id, ...searchMembers })).output(searchResult),
  /** Queues a run that opens an epoch with a summary of the newest one. */
  compact: procedure.input(sessionInput).output(runTicket),
  /** Queues a run that opens an empty epoch. */
  reset: procedure.input(sessionInput).output(runTicket),
  /** Hides the last turn. Interrupts the active run. */
  undo: procedure.input(sessionInput).output(historyChange),
  /** Shows what the newest undo hid. */
  redo: procedure.input(sessionInput).output(historyChange),
  /** Removes the messages after one, or the whole newest epoch, for good. Interrupts the active run. */
  truncate: procedure
    .input(z.strictObject({ sessionId: id, after: id.exactOptional() }))
    .output(historyChange),
  /** Removes messages of any epoch and their content, for good. */
  erase: procedure
    .input(z.strictObject({ sessionId: id, messageIds: z.array(id).min(1) }))
    .output(historyChange),
}
