import { type Event, event as eventSchema, id } from '@caughtup/schema'

/** Encodes an event as JSON, without `from` if it equals `seq`, as it nearly always does. */
export function encodeEvent(event: Event): string {
  const { from, ...stored } = event
  return JSON.stringify(from === event.seq ? stored : event)
}

/** The event, or an `unreadable` one if the value is not an event with this seq. */
export function decodeEvent(value: unknown, seq: number): Event {
  const parsed = eventSchema.safeParse({ from: seq, ...Object(value) })
  return parsed.success && parsed.data.seq === seq && parsed.data.from <= seq
    ? parsed.data
    : unreadable(seq, seq)
}

/** An event in place of entries that cannot be decoded, so that readers can skip them. */
export function unreadable(from: number, seq: number): Event {
  return { type: 'unreadable', from, seq, epoch: 0, at: 0 }
}

/** Whether a value can be a seq, an order or a time: a whole number that is not negative. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

export function isId(value: unknown): value is string {
  return id.safeParse(value).success
}
