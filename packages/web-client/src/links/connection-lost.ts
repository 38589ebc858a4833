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
