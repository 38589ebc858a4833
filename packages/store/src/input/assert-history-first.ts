import { CaughtupError, type EventDraft } from '@caughtup/schema'
import { isHistoryDraft } from '@caughtup/schema/event'

/**
 * A change of history is decided by the rows that are there before its slice: what comes ahead of
 * it in the slice is not in them.
 *
 * @throws CaughtupError `BAD_INPUT` (`not-first`)
 */
export function assertHistoryFirst(drafts: readonly EventDraft[]): void {
  const late = drafts.findIndex((draft, index) => index > 0 && isHistoryDraft(draft))
  const draft = drafts[late]
  if (!draft) return
  throw new CaughtupError(
    'BAD_INPUT',
    `${draft.type} comes at ${late}: a change of history is the first of its slice, and the only one.`,
    { field: `drafts.${late}`, value: draft.type, limit: 1, reason: 'not-first' },
  )
}
