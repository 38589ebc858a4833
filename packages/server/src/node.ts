import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'

import { BodyLimitPlugin, RPCHandler } from '@orpc/server/node'

import type { ChatServer } from './create-chat-server.ts'
import { notFound } from './error-interceptor.ts'
import { prefixOf } from './fetch.ts'
import { httpOptions } from './http-options.ts'
import { normalisePath } from './options.ts'
import type { ChatContext } from './procedures.ts'
import { serveSockets } from './websocket.ts'

export interface ServeOptions {
  /** 0 takes a free one. @default 0 */
  port?: number
  /** The address to listen on. @default '127.0.0.1' */
  host?: string
  /** @default the chat server's `path`, which is '/rpc' */
  path?: string
  /** A server of the host application. It is started where it does not listen, and never closed. */
  server?: Server
  /** Answers what is not under `path`, static pages for instance. @default 404, but not on a `server` of the host */
  fallback?: (request: IncomingMessage, response: ServerResponse) => void
}

export interface Serving {
  /** `http://<host>:<port>`, without the path. */
  readonly url: string
  readonly port: number
  /**
   * Closes the chat server, so that every stream ends in order, then its own HTTP server. What
   * still is not read after a second is cut off.
   */
  close(): Promise<void>
}

/** How long clients get to read the end of their streams, in ms. */
const grace = 1_000

/**
 * Serves a chat server over HTTP with SSE under `path`, and by WebSocket at `<path>/ws`.
 *
 * Connections that take no byte for `stuckAfter` ms are cut. Pages of other origins are refused
 * unless the chat server's `origins` names them, on both ways in.
 */
export async function serve(chat: ChatServer, options: ServeOptions = {}): Promise<Serving> {
  const settings = { ...chat.settings }
  if (options.path !== undefined) settings.path = normalisePath(options.path)
  const { path, limits, stuckAfter, onError } = settings

  const { plugins, ...handlerOptions } = httpOptions(settings)
  const bodyLimit = new BodyLimitPlugin<ChatContext>({ maxBodySize: limits.bodyBytes })
  const handler = new RPCHandler(chat.router, {
    ...handlerOptions,
    plugins: [...plugins, bodyLimit],
  })

  const { server = createServer(), port = 0, host = '127.0.0.1', fallback } = options
  const isOurs = (url = '/') => url === path || url.startsWith(path === '/' ? '/' : `${path}/`)

  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    if (!isOurs(request.url)) {
      if (fallback) fallback(request, response)
      else if (!options.server) answer(response, notFound())
      return
    }
    response.setTimeout(stuckAfter, () => response.destroy())
    handler
      .handle(request, response, {
        ...prefixOf(path),
        context: { request: { headers: toHeaders(request), url: request.url ?? '/' } },
      })
      .then(({ matched }) => {
        if (!matched) answer(response, notFound())
      })
      .catch((error: unknown) => {
        // The connection broke while it was written to; its streams are ended by its signal.
        if (!response.destroyed) onError(error, 'answering a request')
        response.destroy()
      })
  }
  server.on('request', onRequest)
  const sockets = serveSockets(chat.router, settings, server, {
    toHeaders,
    alone: !options.server,
  })
  if (!server.listening) await listen(server, port, host)
  const address = server.address()
  const listening = typeof address === 'object' && address ? address.port : port

  const close = async () => {
    await chat.close()
    await sockets.close(grace)
    if (options.server) server.off('request', onRequest)
    else await closeServer(server)
  }
  let closed: Promise<void> | undefined
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${listening}`,
    port: listening,
    close: () => (closed ??= close()),
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

async function closeServer(server: Server): Promise<void> {
  const cut = setTimeout(() => server.closeAllConnections(), grace)
  // A kept-alive connection becomes idle only once its last answer is read.
  const sweep = setInterval(() => server.closeIdleConnections(), 20)
  await new Promise<void>((resolve) => server.close(() => resolve()))
  clearTimeout(cut)
  clearInterval(sweep)
}

function answer(response: ServerResponse, { status, body }: { status: number; body: unknown }) {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(JSON.stringify(body))
}

function toHeaders(request: IncomingMessage): Headers {
  const headers = new Headers()
  for (const [name, value] of Object.entries(request.headers)) {
    for (const one of Array.isArray(value) ? value : value === undefined ? [] : [value]) {
      headers.append(name, one)
    }
  }
  return headers
}
