import { mayMatch } from '../../journal/entries.ts'
import { leastBytes, type Segment, segmentWithin } from '../../journal/segment.ts'
import type { SegmentBatch, SegmentQuery } from '../../port/reading.ts'

/**
 * What `Storage.segments` gives of a journal's segments, which come in the order asked for. The one
 * that ends with `newest` is copied, since it may grow.
 */
export function takeSegments(
  ordered: Iterable<Segment>,
  { after = 0, before = Infinity, bytes, filter }: SegmentQuery,
  newest?: number,
): Pick<SegmentBatch, 'segments' | 'complete'> {
  const segments: Segment[] = []
  let size = 0
  for (const segment of ordered) {
    if (segment.seq <= after || segment.from >= before) continue
    if (filter && !mayMatch(segment, filter)) continue
    if (segments.length > 0 && size >= bytes) return { segments, complete: false }
    const lasting = segment.seq === newest ? segmentWithin(segment, after, before) : segment
    if (lasting) segments.push(lasting)
    size += leastBytes(segment, after, before)
  }
  return { segments, complete: true }
}
