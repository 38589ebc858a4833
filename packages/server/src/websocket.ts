import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'

import { StandardRPCHandler } from '@orpc/server/standard'
import { ServerPeer, type ServerPeerHandleRequestFn } from '@orpc/standard-server-peer'
import { type RawData, type WebSocket, WebSocketServer } from 'ws'

import { isAllowedOrigin } from './allowed-origin.ts'
import { mapReadErrors, notFound } from './error-interceptor.ts'
import type { Settings } from './options.ts'
import type { ChatContext } from './procedures.ts'
import type { ChatRouter } from './router.ts'

export interface ChatSockets {
  /** Lets clients read what is under way for up to `grace` ms, then cuts them off. */
  close(grace: number): Promise<void>
}

/** WebSocket close codes (RFC 6455). */
const goingAway = 1001
const badMessage = 1007

/** Serves the router by WebSocket at `<path>/ws` of an HTTP server. */
export function serveSockets(
  router: ChatRouter,
  settings: Settings,
  server: Server,
  options: {
    toHeaders: (request: IncomingMessage) => Headers
    /** Whether nobody else answers handshakes on this server. */
    alone: boolean
  },
): ChatSockets {
  const { path, origins, limits } = settings
  const url = path === '/' ? '/ws' : `${path}/ws`
  const sockets = new WebSocketServer({ noServer: true, maxPayload: limits.bodyBytes })
  const connections = new Set<Connection>()
  const handler = new StandardRPCHandler<ChatContext>(router, {
    interceptors: [(call) => mapReadErrors(() => call.next(), settings)],
  })

  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const { origin, host } = request.headers
    if (request.url?.split('?', 1)[0] !== url) {
      if (options.alone) refuse(socket, '404 Not Found')
    } else if (isAllowedOrigin(origin, host, origins)) {
      const context = { request: { headers: options.toHeaders(request), url: request.url } }
      sockets.handleUpgrade(request, socket, head, (ws) => {
        const connection = connect(ws, handler, context, settings)
        connections.add(connection)
        ws.on('close', () => connections.delete(connection))
      })
    } else {
      refuse(socket, '403 Forbidden')
    }
  }
  server.on('upgrade', onUpgrade)
  return {
    async close(grace) {
      server.off('upgrade', onUpgrade)
      const cut = setTimeout(() => {
        for (const { ws } of connections) ws.terminate()
      }, grace)
      await Promise.all(Array.from(connections, closeInOrder))
      clearTimeout(cut)
      sockets.close()
    },
  }
}

function refuse(socket: Duplex, status: string): void {
  // Nobody else listens, and a reset connection must not take the process with it.
  socket.on('error', () => socket.destroy())
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`)
}

interface Connection {
  ws: WebSocket
  /** Calls that are not answered to the end; a stream is one until it ended. */
  calls: Set<Promise<unknown>>
}

function connect(
  ws: WebSocket,
  handler: StandardRPCHandler<ChatContext>,
  context: ChatContext,
  settings: Settings,
): Connection {
  const { stuckAfter, onError } = settings
  const calls = new Set<Promise<unknown>>()
  const peer = new ServerPeer((message) => send(ws, message, stuckAfter))
  const handle: ServerPeerHandleRequestFn = async (request) => {
    const body = () => Promise.resolve(request.body)
    const { matched, response } = await handler.handle({ ...request, body }, { context })
    return matched ? response : notFound()
  }
  ws.on('message', (data: RawData, isBinary: boolean) => {
    const message = toBuffer(data)
    const call = peer
      .message(isBinary ? message : message.toString(), handle)
      .catch((error: unknown) => {
        // Either the connection broke, or it speaks something else: a call's own errors are answers.
        if (ws.readyState !== ws.OPEN) return
        onError(error, 'reading from a WebSocket')
        ws.close(badMessage)
      })
      .finally(() => calls.delete(call))
    calls.add(call)
  })
  ws.on('error', () => ws.terminate())
  ws.on('close', () => peer.close())
  keepAlive(ws, settings)
  return { ws, calls }
}

async function closeInOrder({ ws, calls }: Connection): Promise<void> {
  const closed = new Promise<void>((resolve) => ws.once('close', () => resolve()))
  await Promise.race([closed, Promise.all(calls)])
  ws.close(goingAway)
  if (ws.readyState !== ws.CLOSED) await closed
}

/**
 * Resolves when the socket has taken the message, so that what produces the next one waits for
 * slow readers. A socket that takes nothing for `stuckAfter` ms is cut.
 */
function send(ws: WebSocket, message: string | ArrayBufferLike | Uint8Array, stuckAfter: number) {
  return new Promise<void>((resolve, reject) => {
    const stuck = setTimeout(() => ws.terminate(), stuckAfter)
    ws.send(message, (error) => {
      clearTimeout(stuck)
      if (error) reject(error)
      else resolve()
    })
  })
}

/** Cuts connections whose other end is gone without a word: it answers no ping. */
function keepAlive(ws: WebSocket, { heartbeat, store }: Settings): void {
  let alive = true
  let cancel: () => void = () => {}
  const check = () => {
    if (!alive) return ws.terminate()
    alive = false
    ws.ping()
    cancel = store.clock.after(3 * heartbeat, check)
  }
  ws.on('pong', () => (alive = true))
  ws.on('message', () => (alive = true))
  ws.on('close', () => cancel())
  cancel = store.clock.after(3 * heartbeat, check)
}

function toBuffer(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data)
  return data instanceof ArrayBuffer ? Buffer.from(data) : data
}
