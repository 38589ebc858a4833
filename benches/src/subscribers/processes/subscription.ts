/** How to subscribe to a session, from its beginning on, and how to read what comes. */
export interface Subscription {
  port: number
  /** A Unix socket to connect to instead of the port: an unread one takes 0.1 MB, and not 4 MB as TCP. */
  socketPath?: string
  path: string
  /** What a client sends: the body of a `POST`, or a WebSocket's first message. Without it, a `GET`. */
  request?: string
  transport: 'http' | 'websocket'
  /** A token's text is between these. */
  text: { before: string; after: string }
  /** A client that has received this gets everything from now on. */
  ready: string
}
