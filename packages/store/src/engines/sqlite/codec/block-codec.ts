import { deflateRawSync, inflateRawSync } from 'node:zlib'

import type { Appends, Erased, Segment, Single } from '../../../journal/segment.ts'
import { decodeEvent, encodeEvent, isCount, isId, unreadable } from './event-codec.ts'

/*
 * A block is deflated text, a line each:
 *   [[from, tag], …]                                                whose tag holds from which seq on
 *   [from, epoch, messageId, part, text, [length, …], [at, step, …]]  deltas that only append, as they ended
 *   [from, epoch, [at, step, …]]                                    entries of erased messages
 *   {…}                                                             any other entry
 */

export function encodeBlock(segments: readonly Segment[]): Buffer {
  const tags: [number, string][] = []
  for (const { from, tag } of segments) {
    if (tags.at(-1)?.[1] !== tag) tags.push([from, tag])
  }
  const lines = segments.map(encodeSegment)
  return deflateRawSync(`${JSON.stringify(tags)}\n${lines.join('\n')}`)
}

/** The block's segments, without a gap: damaged ones are replaced by `unreadable` events. */
export function decodeBlock(
  body: unknown,
  { firstSeq, lastSeq }: { firstSeq: number; lastSeq: number },
): Segment[] {
  const segments: Segment[] = []
  let next = firstSeq
  const damaged = (seq: number) => {
    if (seq >= next) segments.push(standIn(next, seq))
  }
  const [header = '', ...lines] = textOf(body).split('\n')
  const tags = decodeTags(header)
  for (const line of lines) {
    const segment = decodeSegment(line, tags)
    if (!segment || segment.from < next || segment.seq > lastSeq) continue
    damaged(segment.from - 1)
    segments.push(segment)
    next = segment.seq + 1
  }
  damaged(lastSeq)
  return segments
}

/** The tag of the entry with this seq, found without decoding the entries. */
export function tagInBlock(body: unknown, seq: number): string | undefined {
  const text = textOf(body)
  return tagAt(decodeTags(text.slice(0, text.indexOf('\n'))), seq)
}

/** A segment in place of entries that are missing or damaged, so that readers can skip them. */
export function standIn(from: number, seq: number): Single {
  return { kind: 'single', from, seq, tag: '', event: unreadable(from, seq), bytes: 0 }
}

export function isStandIn(segment: Segment): boolean {
  return segment.kind === 'single' && segment.event.type === 'unreadable'
}

function textOf(body: unknown): string {
  if (!(body instanceof Uint8Array)) return ''
  try {
    return inflateRawSync(body).toString()
  } catch {
    // The whole block is damaged; without a line, the caller replaces all its entries.
    return ''
  }
}

function encodeSegment(segment: Segment): string {
  if (segment.kind === 'single') return encodeEvent(segment.event)
  const { from, epoch } = segment
  const times = steps(segment.ats)
  if (segment.kind === 'erased') return JSON.stringify([from, epoch, times])
  const { messageId, part, text, ends } = segment
  return JSON.stringify([from, epoch, messageId, part, text, steps(ends), times])
}

/** The first number, followed by each other number's difference from the one before it. */
function steps(numbers: readonly number[]): number[] {
  return numbers.map((each, index) => each - (numbers[index - 1] ?? 0))
}

function decodeSegment(line: string, tags: Tags): Segment | undefined {
  const value = parsed(line)
  if (Array.isArray(value)) {
    return value.length === 3 ? decodeErased(value, tags) : decodeAppends(value, tags)
  }
  const seq: unknown = Object(value)['seq']
  if (typeof seq !== 'number') return undefined
  const event = decodeEvent(value, seq)
  const { from } = event
  return { kind: 'single', from, seq, tag: tagAt(tags, seq) ?? '', event, bytes: line.length }
}

function decodeAppends(value: readonly unknown[], tags: Tags): Appends | undefined {
  const [from, epoch, messageId, part, text, lengths, times] = value
  if (!isCount(from) || !isCount(epoch) || !isCount(part)) return
  if (!isId(messageId) || typeof text !== 'string') return
  if (!isNumbers(lengths) || !isNumbers(times) || lengths.length !== times.length) return
  const ends = sums(lengths)
  const ats = sums(times)
  if (ends.at(-1) !== text.length || !lengths.every(isCount) || !ats.every(isCount)) return
  const seq = from + ends.length - 1
  const tag = tagAt(tags, seq) ?? ''
  return {
    kind: 'appends',
    from,
    seq,
    tag,
    epoch,
    messageId,
    part,
    text,
    ends,
    ats,
  }
}

function decodeErased(value: readonly unknown[], tags: Tags): Erased | undefined {
  const [from, epoch, times] = value
  if (!isCount(from) || !isCount(epoch) || !isNumbers(times) || times.length === 0) return
  const ats = sums(times)
  if (!ats.every(isCount)) return
  const seq = from + ats.length - 1
  return { kind: 'erased', from, seq, tag: tagAt(tags, seq) ?? '', epoch, ats }
}

type Tags = readonly { from: number; tag: string }[]

function decodeTags(header: string): Tags {
  const value = parsed(header)
  if (!Array.isArray(value)) return []
  return value.flatMap((pair: unknown) => {
    if (!Array.isArray(pair)) return []
    const [from, tag]: readonly unknown[] = pair
    return typeof from === 'number' && typeof tag === 'string' ? [{ from, tag }] : []
  })
}

function tagAt(tags: Tags, seq: number): string | undefined {
  return tags.findLast(({ from }) => from <= seq)?.tag
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'number')
}

function sums(numbers: readonly number[]): number[] {
  let sum = 0
  return numbers.map((step) => (sum += step))
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
