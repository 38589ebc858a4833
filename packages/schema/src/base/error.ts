/** Every error code that crosses the wire on purpose, with the HTTP status it travels under. */
export const errorStatus = {
  BAD_INPUT: 400,
  UNAUTHORIZED: 401,
  NOT_FOUND: 404,
  CONFLICT: 409,
  TOO_LARGE: 413,
  LIMIT_EXCEEDED: 429,
  UNAVAILABLE: 503,
} as const

export type ErrorCode = keyof typeof errorStatus

/** What an error tells a program; the message tells a person the same. */
export interface ErrorData {
  /** The input field at fault, as a dotted path. */
  field?: string
  /** The offending value, shortened to 100 characters. */
  value?: string
  /** The limit that was passed, in the unit that the message names. */
  limit?: number
  /** Why, as a stable word: `message-id-reused`, `run-superseded`, `shutting-down` … */
  reason?: string
  /** When to try again, in ms from now. */
  retryAfter?: number
}

/**
 * The one error class that store, server and client throw for what a caller can act on.
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

/** Whether trying again without changing anything can never help. */
export function isPermanent(code: ErrorCode): boolean {
  return code !== 'LIMIT_EXCEEDED' && code !== 'UNAVAILABLE'
}

export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(errorStatus, code)
}

/** Shortens a value for an error's text or data: never more than 100 characters. */
export function preview(value: unknown): string {
  let text: string
  try {
    text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value))
  } catch {
    // Cyclic values and BigInts have no JSON; their string form is enough to recognise them.
    text = String(value)
  }
  return text.length <= 100 ? text : `${text.slice(0, 99)}…`
}
