// A loop that writes ready bytes to every connection, for `fork`: what no server can undercut. It keeps
// nothing and checks nothing.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Socket } from 'node:net'

import { type WebSocket, WebSocketServer } from 'ws'

import { serveSide, type SideServer } from '../processes/side-process.ts'
import { writeAll } from '../processes/write-tokens.ts'

/** The connections of a session. */
interface Session {
  responses: Set<Socket>
  webSockets: Set<WebSocket>
}

serveSide(async (): Promise<SideServer> => {
  const sessions = new Map<string, Session>()
  const find = (path: string | undefined): Session => {
    const session = sessions.get(path ?? '')
    if (!session) throw new Error(`There is no session at ${path}`)
    return session
  }
  const server = createServer(({ url, socket }, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(': ready\n\n')
    const { responses } = find(url)
    responses.add(socket)
    socket.on('close', () => responses.delete(socket))
  })
  new WebSocketServer({ server }).on('connection', (socket, { url }) => {
    const { webSockets } = find(url)
    webSockets.add(socket)
    socket.on('message', () => socket.send('ready'))
    socket.on('close', () => webSockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return {
    open(transport) {
      const path = `/${sessions.size}`
      sessions.set(path, { responses: new Set(), webSockets: new Set() })
      return Promise.resolve({
        session: path,
        subscription: {
          port,
          path,
          transport,
          text: { before: '"text":"', after: '"' },
          ready: 'ready',
          ...(transport === 'websocket' && { request: 'subscribe' }),
        },
      })
    },
    async write(path, order) {
      const { responses, webSockets } = find(path)
      let seq = 0
      return writeAll(order, async (text) => {
        const frame = encode(++seq, text)
        const chunk = Buffer.from(`${frame.length.toString(16)}\r\n${frame}\r\n`)
        const full: Promise<unknown>[] = []
        for (const socket of responses) if (!socket.write(chunk)) full.push(once(socket, 'drain'))
        for (const socket of webSockets) socket.send(frame)
        if (full.length > 0) await Promise.all(full)
      })
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
})

/** A frame as Caughtup writes one. */
function encode(seq: number, text: string): string {
  const frame = { json: { type: 'text', seq, order: 2, part: 0, text } }
  return `id: 0123456789abcdef.${seq}.01234567\ndata: ${JSON.stringify(frame)}\n\n`
}
