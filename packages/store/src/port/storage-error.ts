/**
 * Why a database call failed; what it was to write is not written, except with `unknown`: the answer
 * was lost, and it may be written. `moved`: its files are not at their place any more, or others are.
 */
export type StorageFailure = 'busy' | 'full' | 'io' | 'moved' | 'corrupt' | 'closed' | 'unknown'

export class StorageError extends Error {
  override readonly name = 'StorageError'
  readonly failure: StorageFailure

  constructor(failure: StorageFailure, message: string, options?: ErrorOptions) {
    super(message, options)
    this.failure = failure
  }
}
