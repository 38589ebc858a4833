import { CaughtupError } from '@caughtup/schema'

import { type FileValue, isFiller, splitArrays } from './split-arrays.ts'
import { maxLineBytes, readLines } from './read-lines.ts'
import { parseLine } from '../base/parse-line.ts'

const [bracket, brace] = [0x5b, 0x7b]

/**
 * The values of a file of JSON Lines, of one array with any line breaks, or of one object over
 * several lines. Holds one element of an array at a time.
 *
 * @param limit - the most bytes of an element, or of a file that is one object
 * @throws CaughtupError `TOO_LARGE`; any error of the source
 */
export async function* readValues(
  source: AsyncIterable<Uint8Array>,
  limit: number,
): AsyncGenerator<FileValue, void, undefined> {
  const chunks = source[Symbol.asyncIterator]()
  const held: Uint8Array[] = []
  const rest = async function* () {
    yield* held.splice(0)
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value
  }
  try {
    const begun = await holdUntil(chunks, held, (text) => firstByte(text) !== undefined)
    const first = firstByte(begun)
    if (first === bracket) {
      yield* splitArrays(rest(), limit)
      return
    }
    if (first === brace && !(await firstLineIsJson(chunks, held))) {
      const text = await holdUntil(chunks, held, ({ length }) => length > limit)
      if (isJson(text)) {
        yield { line: 1, bytes: text, ended: true }
        return
      }
    }
    for await (const line of readLines(rest())) yield { line: line.number, ...line }
  } finally {
    await chunks.return?.()
  }
}

/** Reads chunks until together they are enough, or the source ends. Returns them joined. */
async function holdUntil(
  chunks: AsyncIterator<Uint8Array>,
  held: Uint8Array[],
  isEnough: (text: Uint8Array) => boolean,
): Promise<Uint8Array> {
  for (;;) {
    const text = Buffer.concat(held)
    held.splice(0, held.length, text)
    if (isEnough(text)) return text
    // Doubles each time, so that few bytes are copied twice.
    for (let size = 0; size <= text.length;) {
      const next = await chunks.next()
      if (next.done) {
        const all = Buffer.concat(held)
        held.splice(0, held.length, all)
        return all
      }
      held.push(next.value)
      size += next.value.length
    }
  }
}

async function firstLineIsJson(
  chunks: AsyncIterator<Uint8Array>,
  held: Uint8Array[],
): Promise<boolean> {
  const endOf = (text: Uint8Array) => text.indexOf(0x0a, start(text))
  const text = await holdUntil(
    chunks,
    held,
    (each) => endOf(each) >= 0 || each.length > maxLineBytes,
  )
  const end = endOf(text)
  const line = end < 0 ? text : text.subarray(0, end)
  return line.length <= maxLineBytes && isJson(line)
}

/** The index after white space and a byte order mark. */
function start(text: Uint8Array): number {
  return text.findIndex((byte) => !isFiller(byte))
}

function firstByte(text: Uint8Array): number | undefined {
  return text[start(text)]
}

function isJson(text: Uint8Array): boolean {
  try {
    return parseLine(text) !== undefined
  } catch (error) {
    if (error instanceof CaughtupError) return false
    throw error
  }
}
