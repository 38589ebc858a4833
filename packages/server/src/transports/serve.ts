import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

import { attachWebSocket, readingGrace, type WebSocketChat } from './websocket/attach-websocket.ts'
import type { NodeHandler } from './http/node-handler.ts'

/** The members of a chat server that `serve` uses. */
export interface ServedChat extends WebSocketChat {
  readonly nodeHandler: NodeHandler
  close(options?: { signal?: AbortSignal | undefined }): Promise<void>
}

export interface ServeOptions {
  /** 0 means any free port. @default 0 */
  port?: number
  /** The address to listen on. @default '127.0.0.1' */
  host?: string
  /** Answers requests outside of the chat server's `path`, such as static pages. @default a 404 */
  fallback?: (request: IncomingMessage, response: ServerResponse) => void
}

export interface Serving {
  /** `http://<host>:<port>`, without the path. */
  readonly url: string
  readonly port: number
  /**
   * Closes the chat server, so that every stream ends properly, then the HTTP server. Connections whose
   * clients have not read everything after a second are cut. It finishes at most 5 s after the drain;
   * for `signal` see `close` of the chat server.
   */
  close(options?: { signal?: AbortSignal | undefined }): Promise<void>
}

/** How often idle connections are closed while the server closes, in ms: soon after each last answer. */
const idleSweep = 20

/**
 * Starts an HTTP server for a chat server: HTTP and SSE under its `path`, the WebSocket at `<path>/ws`.
 *
 * An application with its own HTTP server passes requests to `chat.nodeHandler`, and the server to
 * `attachWebSocket`.
 */
export async function serve(chat: ServedChat, options: ServeOptions = {}): Promise<Serving> {
  const { port = 0, host = '127.0.0.1', fallback } = options
  const server = createServer((request, response) => {
    chat.nodeHandler(request, response, fallback && (() => fallback(request, response)))
  })
  const webSocket = attachWebSocket(chat, server)
  const sockets = socketsOf(server)
  await listen(server, port, host)
  const address = server.address()
  const listening = typeof address === 'object' && address ? address.port : port

  const close = async (chatClosed: Promise<void>) => {
    await chatClosed
    await webSocket.close()
    await closeServer(server, sockets)
  }
  let closed: Promise<void> | undefined
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${listening}`,
    port: listening,
    close(waiting) {
      const chatClosed = chat.close(waiting)
      return (closed ??= close(chatClosed))
    },
  }
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** The open connections. */
function socketsOf(server: Server): ReadonlySet<Socket> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  return sockets
}

async function closeServer(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  const cut = setTimeout(() => server.closeAllConnections(), readingGrace)
  const sweep = setInterval(() => {
    // A kept-alive connection becomes idle only after its last answer was read.
    server.closeIdleConnections()
    // Clients open connections in advance. Node counts one as busy until its first request has come.
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy()
  }, idleSweep)
  await new Promise<void>((resolve) => server.close(() => resolve()))
  clearTimeout(cut)
  clearInterval(sweep)
}
