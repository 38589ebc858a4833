import { CaughtupError } from '@caughtup/schema'
import type { OnError } from '@caughtup/store'

/** Words for clients about what a host's code failed of; `undefined` for neutral ones. */
export type DescribeError = (error: unknown) => string | undefined

export function wordsFor(error: unknown, describeError: DescribeError): string | undefined {
  return describeError(error) ?? (error instanceof CaughtupError ? error.message : undefined)
}

/** The host's, so that one that fails or gives no words does no harm. */
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
