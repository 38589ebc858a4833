/** Every error code that crosses the wire on purpose, with the HTTP status it travels under. */
export const errorStatus = {
  BAD_INPUT: 400,
  PROTOCOL_MISMATCH: 400,
  UNAUTHORIZED: 401,
  NOT_FOUND: 404,
  CONFLICT: 409,
  TOO_LARGE: 413,
  LIMIT_EXCEEDED: 429,
  UNAVAILABLE: 503,
} as const

export type ErrorCode = keyof typeof errorStatus

/** The facts of an error for programs; its message tells people the same. */
export interface ErrorData {
  /** The input field at fault, as a dotted path. */
  field?: string
  /** The offending value, shortened to 100 characters. */
  value?: string
  /** The limit that was exceeded, in the unit that the message names; of `PROTOCOL_MISMATCH`, the server's version. */
  limit?: number
  /** The cause as a stable word: `message-id-reused`, `run-superseded`, `shutting-down` … */
  reason?: string
  /** When to try again, in ms from now. */
  retryAfter?: number
}

/**
 * The one class of errors that a caller of the store, the server or the client can act on.
 * Branch on `code`; anything that is not a `CaughtupError` is a bug or a broken environment.
 */
export class CaughtupError extends Error {
  override readonly name = 'CaughtupError'
  readonly code: ErrorCode
  readonly data: ErrorData

  constructor(code: ErrorCode, message: string, data: ErrorData = {}, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.data = data
  }
}

/** Whether repeating the same call cannot succeed. */
export function isPermanent(code: ErrorCode): boolean {
  return code !== 'LIMIT_EXCEEDED' && code !== 'UNAVAILABLE'
}

export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(errorStatus, code)
}

/** Characters of a preview: enough to recognise a value, and short enough for a log line. */
const previewLength = 100

/** Shortens a value for an error's message or data, to at most 100 characters. */
export function preview(value: unknown): string {
  const text = textOf(value)
  return text.length <= previewLength ? text : `${text.slice(0, previewLength - 1)}…`
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  try {
    return JSON.stringify(value, readableBigInt) ?? String(value)
  } catch {
    // What is cyclic or nested too deep has no JSON form, and the string form of an array follows it, too.
    return Object.prototype.toString.call(value)
  }
}

function readableBigInt(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value
}
