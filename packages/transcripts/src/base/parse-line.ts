import { CaughtupError } from '@caughtup/schema'

/** How deep values may be nested: recursive functions write them again. */
export const maxDepth = 500

const decoder = new TextDecoder('utf-8', { fatal: true })

/**
 * The value of a line of JSON Lines; `undefined` for a blank line.
 *
 * @throws CaughtupError `BAD_INPUT` if the line is not UTF-8, not JSON, or nested too deeply
 */
export function parseLine(bytes: Uint8Array): unknown {
  const value = parse(bytes)
  if (!isDeeper(value, maxDepth)) return value
  throw new CaughtupError('BAD_INPUT', `It is nested deeper than ${maxDepth} levels.`, {
    limit: maxDepth,
  })
}

function parse(bytes: Uint8Array): unknown {
  try {
    const text = decoder.decode(bytes)
    return text.trim() === '' ? undefined : JSON.parse(text)
  } catch (error) {
    const problem = error instanceof SyntaxError ? `not JSON: ${error.message}` : 'not UTF-8'
    throw new CaughtupError('BAD_INPUT', `It is ${problem}.`, {}, { cause: error })
  }
}

/** Whether a value has more than `depth` levels of objects and arrays. */
export function isDeeper(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return depth === 0 || Object.values(value).some((member) => isDeeper(member, depth - 1))
}
