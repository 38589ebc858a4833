import { CaughtupError } from '@caughtup/schema'

import type { SliceResult } from '../../src/port/commit.ts'
import { StorageError } from '../../src/port/storage-error.ts'

/** The outcome of a call, a value or an error, reduced to what the port promises. */
export type Outcome = { value: unknown } | { error: unknown }

/** The part of a result that the port promises. */
export function committed(result: SliceResult): SliceResult {
  if (result.refused !== undefined) return { refused: result.refused }
  const { events, cursor, messages, activity } = result
  return { events, cursor, messages, activity }
}

/** Removes differences that JSON does not have. */
export function plain(value: unknown): unknown {
  const text = JSON.stringify({ value }, (_, each: unknown) => {
    if (each instanceof Map) return Object.fromEntries(each)
    return each instanceof Set ? Object.fromEntries([...each].map((item) => [item, true])) : each
  })
  const { value: read }: { value?: unknown } = JSON.parse(text)
  return read
}

/** The part of an error that callers may act on; an unexpected error keeps its message. */
export function errorOf(error: unknown): unknown {
  if (error instanceof CaughtupError) return { code: error.code, data: plain(error.data) }
  return error instanceof StorageError ? { failure: error.failure } : String(error)
}
