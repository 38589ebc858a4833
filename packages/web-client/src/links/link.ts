import type { Clock } from '@caughtup/schema/clock'
import type { ClientLink } from '@orpc/client'

/**
 * How calls and streams travel: what `sse`, `webSocket` and `auto` give, or `() => link` for an
 * oRPC link of your own. Making one opens nothing and asks for nothing; each client opens its own.
 */
export type Link = (host: LinkHost) => OpenLink

/** What a link gets of the client that opens it. */
export interface LinkHost {
  readonly clock: Clock
  /** Told of the length of what arrives for several calls at once: a message of a shared socket. */
  received(length: number): void
}

/** A link as its client uses it. */
export interface OpenLink extends ClientLink<CallContext> {
  /**
   * Later calls use a new connection, with the credentials of that moment; what is under way stays
   * where it is. Absent where every call is a connection of its own.
   */
  renew?(): void
  close?(): void
}

/** What a call tells the link that carries it. */
export interface CallContext {
  /** Told of each chunk of the answer's body; a link that cannot see chunks leaves it alone. */
  onBytes?: (bytes: number) => void
}

/**
 * Why a stream or a call was given up without an answer: silence, a closed socket, a cut.
 *
 * As the reason of an abort it says more than "no longer wanted": the connection beneath is not to
 * be trusted, so a shared WebSocket closes with it.
 */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost'
}

/** There never was a connection, so nothing was sent over it. */
export class NeverConnected extends ConnectionLost {}
