import type { Clock } from '@caughtup/schema/clock'
import { protocolHeader, protocolVersion } from '@caughtup/schema/protocol'
import type { ClientLink } from '@orpc/client'

/**
 * How calls and streams travel: the result of `sse`, `webSocket` or `auto`, or `() => link` for an
 * oRPC link of your own, which should send the `protocolHeaders`. Creating it opens no connection; each
 * client opens its own.
 */
export type Link = (host: LinkHost) => OpenLink

/** The headers of every call: they tell the server which version of the protocol this client speaks. */
export const protocolHeaders: Readonly<Record<string, string>> = {
  [protocolHeader]: String(protocolVersion),
}

/** What a client gives the link that it opens. */
export interface LinkHost {
  readonly clock: Clock
  /** Called with the length of each message of a socket that several calls share. */
  received(length: number): void
}

/** A link as its client uses it. */
export interface OpenLink extends ClientLink<CallContext> {
  /**
   * Makes later calls use a new connection, with the credentials of that moment. Calls and streams
   * under way stay on theirs. Absent if every call has a connection of its own.
   */
  renew?(): void
  close?(): void
}

/** What a call hands to its link. */
export interface CallContext {
  /** Called with the size of each chunk of the answer's body, by links that see chunks. */
  onBytes?: (bytes: number) => void
  /**
   * Called if a stream has to wait until another one ends, with the reason, and without one when it goes
   * on. Only streams that end by their signal have it.
   */
  onWaiting?: (reason?: Error) => void
}

/**
 * A stream or a call ended without an answer, because of silence or a closed socket. As the reason of
 * an abort it also says that the connection cannot be trusted, so a shared WebSocket closes too.
 */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost'
}

/** No connection was opened, so nothing was sent. */
export class NeverConnected extends ConnectionLost {}
