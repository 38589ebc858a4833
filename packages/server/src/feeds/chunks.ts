import { Buffer } from 'node:buffer'

/** Splits items into chunks of at most `mostBytes` of JSON, in order; a larger item is a chunk by itself. */
export function* chunks<T>(items: readonly T[], mostBytes: number): Generator<T[]> {
  let chunk: T[] = []
  let bytes = 0
  for (const item of items) {
    // With the comma after it.
    const size = Buffer.byteLength(JSON.stringify(item)) + 1
    if (chunk.length > 0 && bytes + size > mostBytes) {
      yield chunk
      chunk = []
      bytes = 0
    }
    chunk.push(item)
    bytes += size
  }
  if (chunk.length > 0) yield chunk
}
