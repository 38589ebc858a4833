import { type Event, event as eventSchema } from '@caughtup/schema'

import { textBytes } from '../json.ts'

/** A stored entry: the event with the tag of the commit that wrote it. */
export interface Entry {
  event: Event
  tag: string
  /** Bytes of its JSON, in UTF-8. */
  bytes: number
  /** Its row in the log; absent once it is in a block. */
  logId?: number
}

/** `from` is always `seq` in the store: merging is for readers. */
export function encodeEvent({ from: _, ...stored }: Event): string {
  return JSON.stringify(stored)
}

/** The event, or its stand-in when the text is not one. */
export function decodeEvent(text: string, seq: number): Event {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return unreadable(seq, seq)
  }
  const parsed = eventSchema.safeParse({ ...Object(value), from: seq })
  return parsed.success && parsed.data.seq === seq ? parsed.data : unreadable(seq, seq)
}

/** Stands in for entries that cannot be decoded, so that a reader can pass them. */
function unreadable(from: number, seq: number): Event {
  return { type: 'unreadable', from, seq, epoch: 0, at: 0 }
}

/** A block has one line per event: `seq tag event`. JSON has no line breaks, so one that is broken stays one. */
export function encodeBlock(entries: readonly Entry[]): string {
  return entries.map(({ event, tag }) => `${event.seq} ${tag} ${encodeEvent(event)}`).join('\n')
}

/** The block's entries from `firstSeq` to `lastSeq`; what is damaged leaves `unreadable` and no hole. */
export function decodeBlock(block: string, firstSeq: number, lastSeq: number): Entry[] {
  const entries: Entry[] = []
  let next = firstSeq
  const damaged = (until: number) => {
    if (until >= next) entries.push({ event: unreadable(next, until), tag: '', bytes: 0 })
  }
  for (const line of block.split('\n')) {
    const { seq, tag, body } = splitLine(line)
    if (!Number.isInteger(seq) || seq < next || seq > lastSeq) continue
    damaged(seq - 1)
    entries.push({ event: decodeEvent(body, seq), tag, bytes: textBytes(body) })
    next = seq + 1
  }
  damaged(lastSeq)
  return entries
}

/** The tag at `seq`, without decoding the events; `undefined` when it is not in the block. */
export function tagInBlock(block: string, seq: number): string | undefined {
  const line = block.split('\n').find((candidate) => candidate.startsWith(`${seq} `))
  return line === undefined ? undefined : splitLine(line).tag
}

function splitLine(line: string): { seq: number; tag: string; body: string } {
  const first = line.indexOf(' ')
  const second = line.indexOf(' ', first + 1)
  return {
    seq: Number(line.slice(0, first)),
    tag: line.slice(first + 1, second),
    body: line.slice(second + 1),
  }
}
