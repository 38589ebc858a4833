import { deflateRawSync, inflateRawSync } from 'node:zlib'

import { type Appends, type Segment, type Single } from '../journal/segment.ts'
import { decodeEvent, encodeEvent, isCount, isId, unreadable } from './event-codec.ts'

/*
 * A block is deflated text, a line each:
 *   [[from, tag], …]                                                whose tag holds from which seq on
 *   [from, epoch, messageId, part, text, [length, …], [at, step, …]]  deltas that only append, as they ended
 *   {…}                                                             any other entry
 */

export function encodeBlock(segments: readonly Segment[]): Buffer {
  const tags: [number, string][] = []
  for (const { from, tag } of segments) {
    if (tags.at(-1)?.[1] !== tag) tags.push([from, tag])
  }
  const lines = segments.map((segment) =>
    segment.kind === 'single' ? encodeEvent(segment.event) : encodeAppends(segment),
  )
  return deflateRawSync(`${JSON.stringify(tags)}\n${lines.join('\n')}`)
}

/** The block's segments, without a hole; what is damaged has become `unreadable`. */
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

/** The tag at a seq, without decoding the entries. */
export function tagInBlock(body: unknown, seq: number): string | undefined {
  const text = textOf(body)
  return tagAt(decodeTags(text.slice(0, text.indexOf('\n'))), seq)
}

/** Stands in for a stretch that is missing or damaged. */
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
    // Damaged as a whole: the caller finds no line in it.
    return ''
  }
}

function encodeAppends({ from, epoch, messageId, part, text, ends, ats }: Appends): string {
  const lengths = ends.map((end, index) => end - (ends[index - 1] ?? 0))
  const steps = ats.map((at, index) => at - (ats[index - 1] ?? 0))
  return JSON.stringify([from, epoch, messageId, part, text, lengths, steps])
}

function decodeSegment(line: string, tags: Tags): Segment | undefined {
  const value = parsed(line)
  if (Array.isArray(value)) return decodeAppends(value, tags)
  const seq: unknown = Object(value)['seq']
  if (typeof seq !== 'number') return undefined
  const event = decodeEvent(value, seq)
  const { from } = event
  return { kind: 'single', from, seq, tag: tagAt(tags, seq) ?? '', event, bytes: line.length }
}

function decodeAppends(value: readonly unknown[], tags: Tags): Appends | undefined {
  const [from, epoch, messageId, part, text, lengths, steps] = value
  if (!isCount(from) || !isCount(epoch) || !isCount(part)) return
  if (!isId(messageId) || typeof text !== 'string') return
  if (!isNumbers(lengths) || !isNumbers(steps) || lengths.length !== steps.length) return
  const ends = sums(lengths)
  const ats = sums(steps)
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

function sums(steps: readonly number[]): number[] {
  let sum = 0
  return steps.map((step) => (sum += step))
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
