import type { Clock } from '@caughtup/schema/clock'

/**
 * Makes UUIDs of version 7 (RFC 9562). Those of one source sort in the order in which they were made,
 * because a count takes the place of the first random bits.
 *
 * It needs no secure origin, which `crypto.randomUUID` does.
 */
export function uuidSource(clock: Pick<Clock, 'now'>): () => string {
  let time = 0
  let count = 0
  return () => {
    const now = Math.trunc(clock.now())
    count = now > time ? 0 : count + 1
    // A clock that was set back does not count, and a full count borrows from the next millisecond.
    time = Math.max(now, time + (count >> 12))
    count &= 0xfff
    const at = hex(time, 12)
    const [a = 0, b = 0] = crypto.getRandomValues(new Uint32Array(2))
    const variant = hex(0x8000 | (a >>> 18), 4)
    return `${at.slice(0, 8)}-${at.slice(8)}-7${hex(count, 3)}-${variant}-${hex(a & 0xffff, 4)}${hex(b, 8)}`
  }
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0')
}
