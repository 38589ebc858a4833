import { type Event, event as eventSchema, id } from '@caughtup/schema'

/** `from` is left out where it is `seq`, as nearly always. */
export function encodeEvent(event: Event): string {
  const { from, ...stored } = event
  return JSON.stringify(from === event.seq ? stored : event)
}

/** The event, or its stand-in when the value is not one of that seq. */
export function decodeEvent(value: unknown, seq: number): Event {
  const parsed = eventSchema.safeParse({ from: seq, ...Object(value) })
  return parsed.success && parsed.data.seq === seq && parsed.data.from <= seq
    ? parsed.data
    : unreadable(seq, seq)
}

/** Stands in for entries that cannot be decoded, so that a reader can pass them. */
export function unreadable(from: number, seq: number): Event {
  return { type: 'unreadable', from, seq, epoch: 0, at: 0 }
}

/** A seq, an order, a time: whole and not negative. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

export function isId(value: unknown): value is string {
  return id.safeParse(value).success
}
