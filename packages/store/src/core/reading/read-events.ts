import type { Event } from '@caughtup/schema'
import { mergeEvents } from '@caughtup/schema/fold'

import type { ReadBatch } from '../../port/reading.ts'
import type { Storage } from '../../port/storage.ts'
import { cut, type Segment, segmentBytes, seqWithin } from '../../journal/segment.ts'

/**
 * Merges the entries after `after` into one batch: at least one event, and about `bytes` bytes of
 * JSON after merging. `last` is the newest entry in it.
 */
function merged(
  segments: Iterable<Segment>,
  after: number,
  bytes: number,
): {
  events: Event[]
  last: { seq: number; tag: string } | undefined
  complete: boolean
  /** Of JSON in `events`, about. */
  bytes: number
} {
  const events: Event[] = []
  let last: { seq: number; tag: string } | undefined
  let size = 0
  let next = after + 1
  for (const segment of segments) {
    if (segment.seq < next) continue
    if (last && size >= bytes) return { events, last, complete: false, bytes: size }
    const until = seqWithin(segment, next, bytes - size)
    const event = cut(segment, Math.max(next, segment.from), until)
    size += segmentBytes(segment, event)
    const newest = events.pop()
    events.push(...mergeEvents(newest ? [newest, event] : [event]))
    last = { seq: until, tag: segment.tag }
    next = until + 1
    if (until < segment.seq) return { events, last, complete: false, bytes: size }
  }
  return { events, last, complete: true, bytes: size }
}

/**
 * Events after `after`, merged, oldest first, until about `bytes` of them (at least one).
 *
 * @param options - `tag`: of the entry `after`, for a reader that has read until there
 */
export async function readBatch(
  storage: Pick<Storage, 'segments'>,
  sessionId: string,
  after: number,
  { bytes, tag: given }: { bytes: number; tag?: string | undefined },
): Promise<ReadBatch> {
  const tagged = given !== undefined && { tagAt: after }
  const query = { from: 'oldest', after, bytes, ...tagged } as const
  const { segments, complete, floor, cursor, tagAt } = await storage.segments(sessionId, query)
  const isLost = tagged && after >= floor && tagAt !== given
  // An entry that stands for many may begin below the floor.
  const { last, ...read } = merged(segments, Math.max(after, floor), bytes)
  const { journal, seq: newest, tag } = cursor
  return {
    ...read,
    cursor: { journal, ...(last ?? { seq: after, tag }) },
    complete: complete && read.complete,
    newest,
    ...(isLost && { isLost }),
  }
}
