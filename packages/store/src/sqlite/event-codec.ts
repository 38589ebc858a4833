import { type Event, event as eventSchema } from '@caughtup/schema'

/** A stored entry: the event with the tag of the commit that wrote it. */
export interface Entry {
  event: Event
  tag: string
  /** Bytes of its JSON. */
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

export function decodeBlock(block: string): Entry[] {
  return block.split('\n').map((line) => {
    const { seq, tag, body } = splitLine(line)
    return { event: decodeEvent(body, seq), tag, bytes: body.length }
  })
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
