import { CaughtupError } from '@caughtup/schema'
import type { OnError } from '@caughtup/store'

/** Returns a message for clients about an error of the host's code, or `undefined` for a neutral one. */
export type DescribeError = (error: unknown) => string | undefined

/** The message that clients may see: the host's, or a `CaughtupError`'s own. */
export function wordsFor(error: unknown, describeError: DescribeError): string | undefined {
  return describeError(error) ?? (error instanceof CaughtupError ? error.message : undefined)
}

/** The host's function, made safe: one that throws or returns anything but a text counts as `undefined`. */
export function carefulDescribe(
  describeError: DescribeError | undefined,
  onError: OnError,
): DescribeError {
  return (error) => {
    try {
      const words: unknown = describeError?.(error)
      return typeof words === 'string' && words !== '' ? words : undefined
    } catch (failure) {
      onError(failure, 'describeError')
      return undefined
    }
  }
}
