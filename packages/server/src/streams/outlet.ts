import type { ORPCError } from '@orpc/server'

import type { SentFrame } from './sent-frame.ts'

/**
 * A client's connection, as its stream writes to it. Each transport has its own kind. Once it has been
 * full and has room again it calls `drained` of the stream, and `gone` when the client disconnects.
 */
export interface Outlet {
  /** Whether the client leaves so much unread that it should take some first. A write is kept all the same. */
  readonly isFull: boolean
  write(sent: SentFrame<object>): void
  /** Ends the stream in order, after what was written. */
  end(): void
  /** Ends the stream with an error, after what was written. */
  fail(error: ORPCError<string, unknown>): void
  /** Cuts the stream off: its client sees a broken connection. */
  cut(): void
}
