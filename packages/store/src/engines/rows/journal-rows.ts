import { redact } from '../../journal/redact.ts'
import { appendEvent, type Segment, segmentsAfter } from '../../journal/segment.ts'
import type { EventRow, SessionRow } from './rows.ts'

/** Rows of a journal, ascending, as segments: without what is below the floor or being erased. */
export function segmentsOf(
  rows: readonly EventRow[],
  { floor, erasing }: Pick<SessionRow, 'floor' | 'erasing'>,
): Segment[] {
  const erased = new Set(erasing?.messageIds)
  const segments: Segment[] = []
  for (const { tag, events } of rows) {
    for (const event of events) {
      appendEvent(segments, erased.size > 0 ? redact(event, erased) : event, tag)
    }
  }
  return floor > 0 ? segmentsAfter(segments, floor) : segments
}
