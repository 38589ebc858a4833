import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Listening {
  port: number
  close: () => Promise<void>
}

/** Serves what answers with web responses, as frameworks on `node:http` do. */
export async function listen(answer: (request: Request) => Promise<Response>): Promise<Listening> {
  const server: Server = createServer((request, response) => {
    respond(answer, request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy()
      else response.writeHead(500).end(String(error))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const close = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return { port, close }
}

async function respond(
  answer: (request: Request) => Promise<Response>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { status, headers, body } = await answer(new Request(`http://127.0.0.1${request.url}`))
  response.writeHead(status, Object.fromEntries(headers))
  // The comment tells a subscriber that it is connected.
  response.write(': ready\n\n')
  const reader = body?.getReader()
  response.on('close', () => void reader?.cancel().catch(() => undefined))
  for (;;) {
    const next = await reader?.read()
    if (!next || next.done) break
    if (!response.write(next.value) && !response.destroyed) await drained(response)
  }
  response.end()
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done)
      response.off('close', done)
      resolve()
    }
    response.on('drain', done)
    response.on('close', done)
  })
}
