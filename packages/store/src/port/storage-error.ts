/**
 * Why a database call failed. It has written nothing, except with `unknown`: the answer was lost, and
 * the write may have succeeded. `moved`: the database's files are gone, or others took their place.
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
