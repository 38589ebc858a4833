import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'

import { HibernationEventIterator } from '@orpc/server/hibernation'
import { StandardRPCHandler } from '@orpc/server/standard'
import {
  type DecodedRequestMessage,
  decodeRequestMessage,
  encodeResponseMessage,
  experimental_ServerPeerWithoutCodec as ServerPeer,
  MessageType,
  type ServerPeerHandleRequestFn,
} from '@orpc/standard-server-peer'
import { type RawData, type WebSocket, WebSocketServer } from 'ws'

import type { RequestGuard } from '../../access/request-guard.ts'
import { notFound } from '../../errors/call-errors.ts'
import type { Settings } from '../../host/server-options.ts'
import type { ChatRequest } from '../../host/principal.ts'
import type { CallContext } from '../../procedures/base.ts'
import { claimed, type StreamClaim } from '../../procedures/event-iterator.ts'
import type { ChatRouter } from '../../procedures/router.ts'
import { chatRequest } from '../http/node-handler.ts'
import { SocketCalls } from './socket-calls.ts'
import { socketEncoding } from './socket-frame.ts'
import { SocketStreams } from './socket-streams.ts'

type OnUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void

/** The members of an HTTP server that this needs; servers of `node:http` and `node:https` have them. */
export interface UpgradeServer {
  on(event: 'upgrade', listener: OnUpgrade): unknown
  off(event: 'upgrade', listener: OnUpgrade): unknown
  listenerCount(event: 'upgrade'): number
}

/** The members of a chat server that its WebSocket uses. */
export interface WebSocketChat {
  readonly router: ChatRouter
  readonly guard: RequestGuard
  readonly settings: Readonly<Settings>
  start(): void
}

export interface AttachedWebSocket {
  /**
   * Accepts no more handshakes, gives clients up to a second to read their last answers, then cuts the
   * connections. Close the chat server first: that ends the streams.
   */
  close(): Promise<void>
}

/** WebSocket close codes (RFC 6455). */
const goingAway = 1001
const badMessage = 1007

/**
 * How long clients may take to read their last answers when a server closes, in ms. With `closeChat` it
 * fits into the 5 s after the drain that `serve` promises.
 */
export const readingGrace = 1_000

/** A ping is sent every third heartbeat; a connection that has not answered by the next one is cut. */
const heartbeatsPerPing = 3

/**
 * Serves a chat server by WebSocket at `<path>/ws` of an HTTP server. Handshakes for other paths are left
 * to the server's other listeners, or refused with 404 if there are none.
 */
export function attachWebSocket(chat: WebSocketChat, server: UpgradeServer): AttachedWebSocket {
  const { router, settings, guard } = chat
  const { path, limits } = settings
  const url = path === '/' ? '/ws' : `${path}/ws`
  const sockets = new WebSocketServer({ noServer: true, maxPayload: limits.bodyBytes })
  const connections = new Set<Connection>()
  const encode = socketEncoding()
  const handler = new StandardRPCHandler<CallContext>(router, { interceptors: [guard.call] })

  const onUpgrade: OnUpgrade = (request, socket, head) => {
    if (request.url?.split('?', 1)[0] !== url) {
      if (server.listenerCount('upgrade') === 1) refuse(socket, '404 Not Found', 'Not found.')
      return
    }
    try {
      const { origin, host = '' } = request.headers
      guard.assertSource({ origin, host, localAddress: request.socket.localAddress })
    } catch (error) {
      return refuse(socket, '403 Forbidden', error instanceof Error ? error.message : String(error))
    }
    sockets.handleUpgrade(request, socket, head, (ws) => {
      const streams = new SocketStreams({ ws, socket, encode })
      const connection = connect({ ws, streams }, handler, chatRequest(request), settings)
      connections.add(connection)
      ws.on('close', () => connections.delete(connection))
    })
  }
  server.on('upgrade', onUpgrade)
  chat.start()
  return {
    async close() {
      server.off('upgrade', onUpgrade)
      const cut = setTimeout(() => {
        for (const { ws } of connections) ws.terminate()
      }, readingGrace)
      await Promise.all(Array.from(connections, closeInOrder))
      clearTimeout(cut)
      sockets.close()
    },
  }
}

function refuse(socket: Duplex, status: string, why: string): void {
  // Without a listener, the error of a reset connection would end the process.
  socket.on('error', () => socket.destroy())
  const headers = `Connection: close\r\nContent-Type: text/plain; charset=utf-8`
  socket.end(`HTTP/1.1 ${status}\r\n${headers}\r\n\r\n${why}\n`)
}

interface Connection {
  ws: WebSocket
  /** Unanswered calls. Streams are written at once, so what ends them precedes what closes the socket. */
  calls: Set<Promise<unknown>>
}

function connect(
  { ws, streams }: { ws: WebSocket; streams: SocketStreams },
  handler: StandardRPCHandler<CallContext>,
  request: ChatRequest,
  settings: Settings,
): Connection {
  const { stuckAfter, limits, onError } = settings
  const calls = new Set<Promise<unknown>>()
  const intake = new SocketCalls(ws, limits)
  const peer = new ServerPeer(async ([id, type, payload]) => {
    await send(ws, await encodeResponseMessage(id, type, payload), stuckAfter)
    intake.taken()
  })
  const begin = (message: Buffer, isBinary: boolean, answered: () => void) => {
    const taken = Promise.withResolvers<void>()
    const claim: StreamClaim = {}
    const context: CallContext = { request, taken: taken.promise, claim }
    const handle: ServerPeerHandleRequestFn = async (asked) => {
      const body = () => Promise.resolve(asked.body)
      const { matched, response } = await handler.handle({ ...asked, body }, { context })
      if (!matched) return notFound()
      const stream = claimed(claim, response.body)
      if (!stream) return response
      // Streams have their own limit, and wait for their readers frame by frame.
      answered()
      if (asked.signal?.aborted) stream.gone()
      asked.signal?.addEventListener('abort', () => stream.gone(), { once: true })
      // The peer sends the head of the response, then forgets the call.
      return { ...response, body: new HibernationEventIterator((id) => streams.begin(id, stream)) }
    }
    const take = async (read: DecodedRequestMessage) => {
      const [id, type] = read
      if (!streams.has(id)) await peer.message(read, handle)
      // As the peer does with its calls, another request with the id of an open one is ignored.
      else if (type === MessageType.ABORT_SIGNAL) streams.abort(id)
    }
    const call = readMessage(message, isBinary)
      .then(take)
      .catch((error: unknown) => {
        // The connection broke, or the client does not speak the protocol: errors of calls are answers.
        if (ws.readyState !== ws.OPEN) return
        onError(error, 'reading from a WebSocket')
        ws.close(badMessage)
      })
      .finally(() => {
        calls.delete(call)
        taken.resolve()
        answered()
      })
    calls.add(call)
  }
  ws.on('message', (data: RawData, isBinary: boolean) => {
    const message = toBuffer(data)
    intake.take(message.length, (answered) => begin(message, isBinary, answered))
  })
  ws.on('error', () => ws.terminate())
  ws.on('close', () => {
    peer.close()
    streams.close()
  })
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
 * Resolves when the socket has taken the message, so that the producer waits for slow readers. A socket
 * that takes nothing for `stuckAfter` ms is cut.
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

/** Cuts connections whose client has vanished: it does not answer pings. */
function keepAlive(ws: WebSocket, { heartbeat, store }: Settings): void {
  let alive = true
  let cancel: () => void = () => {}
  const check = () => {
    // A paused socket cannot receive a pong; `send` cuts it if it takes nothing.
    if (!alive && !ws.isPaused) return ws.terminate()
    alive = false
    ws.ping()
    cancel = store.clock.after(heartbeatsPerPing * heartbeat, check)
  }
  ws.on('pong', () => (alive = true))
  ws.on('message', () => (alive = true))
  ws.on('close', () => cancel())
  cancel = store.clock.after(heartbeatsPerPing * heartbeat, check)
}

/**
 * Rejects files (binary messages) and streams: no procedure takes them, and they would be buffered
 * before the caller is known.
 */
async function readMessage(data: Buffer, isBinary: boolean) {
  if (isBinary) throw new TypeError('The client sent a binary message; the protocol has none.')
  const message = await decodeRequestMessage(data.toString())
  if (message[1] !== MessageType.EVENT_ITERATOR) return message
  throw new TypeError(
    'The client sent an item of a stream; the protocol has no streams from clients.',
  )
}

function toBuffer(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data)
  return data instanceof ArrayBuffer ? Buffer.from(data) : data
}
