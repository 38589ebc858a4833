import type { IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'

import type { StreamKind } from '../../shared/served.ts'

/** An open connection to a port of this machine; undefined if it is refused. */
export function connectTo(port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    // Also without a user of the connection, an error must not end the process.
    socket.on('error', () => resolve(undefined))
    socket.once('connect', () => resolve(socket))
  })
}

/** The first lines of a request, as they came. */
export function headOf({ method, url, rawHeaders }: IncomingMessage): string {
  let head = `${method} ${url} HTTP/1.1\r\n`
  for (let index = 0; index < rawHeaders.length; index += 2) {
    head += `${rawHeaders[index]}: ${rawHeaders[index + 1]}\r\n`
  }
  return `${head}\r\n`
}

const kinds: Readonly<Record<string, StreamKind>> = {
  '/rpc/ws': 'websocket',
  '/rpc/onChat': 'chat',
  '/rpc/activity/subscribe': 'list',
}

/** What a request asks for, and the page that sends it: `?page=` of its URL. */
export function askedBy({ url = '/' }: IncomingMessage): {
  page: string | undefined
  /** Of the stream, if it opens one. */
  kind: StreamKind
  /** Whether it asks for the figures of a process. */
  isFigures: boolean
} {
  const asked = URL.parse(url, 'http://demo')
  const path = asked?.pathname ?? ''
  return {
    page: asked?.searchParams.get('page') ?? undefined,
    kind: kinds[path] ?? 'other',
    isFigures: path === '/rpc/server/stats',
  }
}
