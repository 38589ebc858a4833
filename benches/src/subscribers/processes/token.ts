/** Characters of a token's text: a mark, the time, filler. */
export const tokenLength = 20

/** The first character of a token, which no other text of a stream begins with. */
export const tokenMark = 0x7e // ~

const timeDigits = 11
const filler = 'abcdefgh'

/** Microseconds on a clock that all processes of the machine share. */
export function sharedNow(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1e6 + nanoseconds / 1e3
}

/** The text of a token that is written now. It needs no escaping in JSON. */
export function makeToken(): string {
  const time = Math.floor(sharedNow()).toString(36).padStart(timeDigits, '0')
  return `~${time}${filler}`
}

/** When the token that begins at a byte was written, on the shared clock. */
export function writtenAt(bytes: Uint8Array, start: number): number {
  let time = 0
  for (let at = start + 1; at <= start + timeDigits; at++) {
    const code = bytes[at] ?? 0
    time = time * 36 + (code < 58 ? code - 48 : code - 87)
  }
  return time
}

/** FNV-1a: a text that lacks, repeats or swaps characters ends in another value. */
export const emptyChain = 0x811c_9dc5

export function extendChain(chain: number, bytes: Uint8Array, start: number, end: number): number {
  let hash = chain
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x0100_0193)
  return hash >>> 0
}
