import type { Event, EventOf } from '@caughtup/schema'

import { jsonBytes, textBytes } from '../base/bytes.ts'

/** One entry of a journal, with the tag of what wrote it. `unreadable` may cover many. */
export interface Single {
  readonly kind: 'single'
  readonly from: number
  readonly seq: number
  readonly tag: string
  readonly event: Event
  /** Bytes of its JSON, in UTF-8. */
  readonly bytes: number
}

/**
 * Neighbouring deltas that only append to one part of one message. The segment keeps where each
 * ends and when it was written, so that any cursor can cut it and each can be listed by itself.
 * Only the journal's last segment grows.
 */
export interface Appends {
  readonly kind: 'appends'
  readonly from: number
  seq: number
  readonly tag: string
  readonly epoch: number
  readonly messageId: string
  readonly part: number
  text: string
  /** Length of the text up to the end of each entry, in UTF-16 units. */
  readonly ends: number[]
  readonly ats: number[]
}

/** Neighbouring entries of erased messages, of which only the places and times are left. */
export interface Erased {
  readonly kind: 'erased'
  readonly from: number
  seq: number
  readonly tag: string
  readonly epoch: number
  readonly ats: number[]
}

export type Segment = Single | Appends | Erased

/** What an entry costs besides its text, about, in bytes: as a segment, and within one. */
const overhead = 120
const perEnd = 2

/**
 * A longer text becomes several segments, so that reading the newest entries copies at most this.
 * In UTF-16 units.
 */
const longestText = 16 * 1024

/**
 * How many entries a segment's text gets before it is written out once: each time costs its length.
 */
const written = 32

/** The append of an event that does nothing else. */
export function asAppend(
  event: Event,
): { event: EventOf<'message-delta'>; part: number; text: string } | undefined {
  if (event.type !== 'message-delta' || event.ops.length !== 1 || event.runId !== undefined) {
    return undefined
  }
  const [op] = event.ops
  if (op?.op !== 'append' || op.done || op.providerMetadata || op.citations) return undefined
  return { event, part: op.part, text: op.text }
}

/**
 * Appends an event: to the last segment if it continues that one, else as a new segment.
 *
 * @returns by how much the segments' `sizeOf` grew
 */
export function appendEvent(segments: Segment[], event: Event, tag: string): number {
  if (event.type === 'redacted') return appendErased(segments, event, tag)
  const append = asAppend(event)
  if (!append) {
    const { from, seq } = event
    const bytes = jsonBytes(event)
    segments.push({ kind: 'single', from, seq, tag, event, bytes })
    return bytes + overhead
  }
  const { part, text } = append
  const { seq, from, at, epoch, messageId } = append.event
  const last = segments.at(-1)
  if (
    last?.kind === 'appends' &&
    last.seq + 1 === seq &&
    last.messageId === messageId &&
    last.part === part &&
    last.tag === tag &&
    last.epoch === epoch &&
    last.text.length < longestText
  ) {
    last.seq = seq
    // V8 keeps concatenated text as a tree of several times its size; joining writes it out.
    last.text = last.ends.length % written === 0 ? [last.text, text].join('') : last.text + text
    last.ends.push(last.text.length)
    last.ats.push(at)
    return text.length + perEnd
  }
  segments.push({
    kind: 'appends',
    from,
    seq,
    tag,
    epoch,
    messageId,
    part,
    text,
    ends: [text.length],
    ats: [at],
  })
  return text.length + perEnd + overhead
}

function appendErased(segments: Segment[], event: EventOf<'redacted'>, tag: string): number {
  const { from, seq, epoch, at } = event
  const last = segments.at(-1)
  if (
    last?.kind === 'erased' &&
    last.seq + 1 === from &&
    last.tag === tag &&
    last.epoch === epoch
  ) {
    last.seq = seq
    last.ats.push(at)
    return perEnd
  }
  segments.push({ kind: 'erased', from, seq, tag, epoch, ats: [at] })
  return perEnd + overhead
}

/** The entries of a segment from `from` to `seq`, merged into one event. */
export function cut(segment: Segment, from: number, seq: number): Event {
  if (segment.kind === 'single') {
    return from <= segment.from ? segment.event : { ...segment.event, from }
  }
  const { epoch } = segment
  const first = Math.max(from, segment.from)
  const last = Math.min(seq, segment.seq)
  const at = segment.ats[last - segment.from] ?? 0
  if (segment.kind === 'erased') return { type: 'redacted', seq: last, from: first, epoch, at }
  const { messageId, part, text, ends } = segment
  const start = first === segment.from ? 0 : (ends[first - segment.from - 1] ?? 0)
  const end = ends[last - segment.from]
  return {
    type: 'message-delta',
    seq: last,
    from: first,
    epoch,
    at,
    messageId,
    ops: [{ op: 'append', part, text: text.slice(start, end) }],
  }
}

/** The seq up to which reading from `from` takes about `bytes` bytes: at least one entry. */
export function seqWithin(segment: Segment, from: number, bytes: number): number {
  if (segment.kind !== 'appends') return segment.seq
  const index = Math.max(0, from - segment.from)
  const start = index === 0 ? 0 : (segment.ends[index - 1] ?? 0)
  // Lengths are UTF-16 units, of at most three bytes each.
  let low = index
  let high = segment.ends.length - 1
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    const units = (segment.ends[middle] ?? 0) - start
    if (units <= bytes && textBytes(segment.text.slice(start, start + units)) <= bytes) low = middle
    else high = middle - 1
  }
  return segment.from + low
}

/** The bytes in a batch of an event cut from the segment, about. */
export function segmentBytes(segment: Segment, event: Event): number {
  if (segment.kind === 'single') return segment.bytes
  if (event.type !== 'message-delta') return overhead
  const [op] = event.ops
  return overhead + (op?.op === 'append' ? textBytes(op.text) : 0)
}

/** Index of the first segment with an entry after `seq`, or the number of segments. */
export function indexAfter(segments: readonly Segment[], seq: number): number {
  let low = 0
  let high = segments.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((segments[middle]?.seq ?? 0) > seq) high = middle
    else low = middle + 1
  }
  return low
}

/** The segments after `seq`; a segment with entries on both sides is cut. */
export function segmentsAfter(segments: readonly Segment[], seq: number): Segment[] {
  const [first, ...rest] = segments.slice(indexAfter(segments, seq))
  if (!first || first.from > seq) return first ? [first, ...rest] : []
  return [segmentWithin(first, seq, Infinity) ?? first, ...rest]
}

/**
 * A segment's entries above `after` and below `before`, in arrays of their own: the last segment of a
 * journal grows. `undefined` where there are none.
 */
export function segmentWithin(
  segment: Segment,
  after: number,
  before: number,
): Segment | undefined {
  if (segment.seq <= after || segment.from >= before) return undefined
  if (segment.kind === 'single') return segment.seq < before ? segment : undefined
  const from = Math.max(segment.from, after + 1)
  const seq = Math.min(segment.seq, before - 1)
  const first = from - segment.from
  const end = seq - segment.from + 1
  const { tag, epoch } = segment
  const ats = segment.ats.slice(first, end)
  if (segment.kind === 'erased') return { kind: 'erased', from, seq, tag, epoch, ats }
  const { messageId, part } = segment
  const start = segment.ends[first - 1] ?? 0
  const text = segment.text.slice(start, segment.ends[end - 1])
  const ends = segment.ends.slice(first, end)
  if (start > 0) ends.forEach((at, index) => (ends[index] = at - start))
  return { kind: 'appends', from, seq, tag, epoch, messageId, part, text, ends, ats }
}

/** The bytes that a batch counts for a segment's entries in a range, or fewer; cheap to tell. */
export function leastBytes(segment: Segment, after: number, before: number): number {
  if (segment.kind === 'single') return segment.bytes
  if (segment.kind === 'erased') return overhead
  const { from, ends, text } = segment
  const start = ends[after - from] ?? 0
  const end = ends[before - 1 - from] ?? text.length
  return overhead + end - start
}

/** A segment's size in memory and in a block, in bytes, about. */
export function sizeOf(segment: Segment): number {
  switch (segment.kind) {
    case 'single':
      return segment.bytes + overhead
    case 'appends':
      return segment.text.length + perEnd * segment.ends.length + overhead
    case 'erased':
      return perEnd * segment.ats.length + overhead
  }
}
