import type { ChatErrorCode } from './errors.ts'

/**
 * What helps against an error.
 *
 * - `try-again`: `reconnect()`, or the same call again, perhaps later
 * - `sign-in`: new credentials, then `reconnect()` or the same call again
 * - `reload-page`: the page is of another version than the server
 * - `leave`: the session is gone, or not the user's: show another one
 * - `change-request`: the server cannot do this: ask for something else or something smaller, after a
 *   look at what the session shows now
 * - `none`: the user wanted it so
 */
export type Remedy = 'try-again' | 'sign-in' | 'reload-page' | 'leave' | 'change-request' | 'none'

const remedies: Readonly<Record<ChatErrorCode, Remedy>> = {
  NETWORK: 'try-again',
  INTERNAL: 'try-again',
  UNAVAILABLE: 'try-again',
  LIMIT_EXCEEDED: 'try-again',
  UNAUTHORIZED: 'sign-in',
  PROTOCOL_MISMATCH: 'reload-page',
  NOT_FOUND: 'leave',
  BAD_INPUT: 'change-request',
  CONFLICT: 'change-request',
  TOO_LARGE: 'change-request',
  CANCELLED: 'none',
}

/** What helps against an error of a view, of a call or in a snapshot, for a page to offer. */
export function remedyOf({ code }: { code: ChatErrorCode }): Remedy {
  return remedies[code]
}
