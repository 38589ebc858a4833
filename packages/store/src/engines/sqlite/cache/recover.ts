import type { Message } from '@caughtup/schema'

import { cut, type Segment } from '../../../journal/segment.ts'
import { applyToRecord } from '../../../core/evolve.ts'
import { standIn } from '../codec/block-codec.ts'
import { foldOpen } from './fold-open.ts'
import { CachedSession, type Tail } from './cached-session.ts'

/**
 * Rebuilds a session's state from its packed data (its row, its open messages, and the blocks after
 * the oldest of these) and its entries in the log. A message's row may be newer than `packed`; its
 * revision says which entries it contains. Missing entries are replaced by a stand-in.
 */
export function recover(
  base: Pick<CachedSession, 'key' | 'id' | 'journal' | 'record' | 'tag' | 'packed' | 'rows'>,
  open: readonly Message[],
  older: readonly Segment[],
  tail: Tail | undefined,
): CachedSession {
  let { record, tag } = base
  const overlay = new Map(open.map((message) => [message.id, message]))
  // Every packed message has a row, so blocks may only add to open ones: a message that a block
  // creates and that has no row was removed.
  for (const segment of older) if (!makesMessage(segment)) foldOpen(overlay, segment)
  const segments: Segment[] = []
  let next = base.packed + 1
  for (const segment of tail?.segments ?? []) {
    if (segment.seq < next) continue
    if (segment.from > next) segments.push(standIn(next, segment.from - 1))
    segments.push(segment)
    next = segment.seq + 1
  }
  if (record.seq >= next) segments.push(standIn(next, record.seq))
  for (const segment of segments) {
    foldOpen(overlay, segment)
    if (segment.seq > record.seq) {
      record = applyToRecord(
        record,
        cut(segment, Math.max(segment.from, record.seq + 1), segment.seq),
      )
      tag = segment.tag
    }
  }
  const written = new Map(open.map((message) => [message.id, JSON.stringify(message).length]))
  const logId = tail?.logId
  return new CachedSession({ ...base, record, tag, overlay, segments, logId, written })
}

function makesMessage(segment: Segment): boolean {
  if (segment.kind !== 'single') return false
  return segment.event.type === 'message-created' || segment.event.type === 'boundary'
}
