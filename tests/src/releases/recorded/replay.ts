import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

import { sortMembers } from '../../protocol/sort-members.ts'
import type { Asked, Exchange } from './exchange.ts'
import { Volatile } from './volatile.ts'

/** A server that knows nothing but what was recorded, and gives the same bytes again. */
export interface Replay {
  url: string
  /** Requests for which nothing was recorded. */
  readonly strange: string[]
  /** Exchanges for which nobody has asked yet. */
  readonly left: readonly Exchange[]
  close(): Promise<void>
}

export async function replay(exchanges: readonly Exchange[]): Promise<Replay> {
  const left = [...exchanges]
  const strange: string[] = []
  const server = createServer((request, response) => {
    void answer(request, response).catch((error: unknown) => response.destroy(error as Error))
  })
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const asked = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers as Record<string, string>,
      body: await text(request),
    }
    const index = left.findIndex((exchange) => isSame(exchange.request, asked))
    const [found] = index < 0 ? [] : left.splice(index, 1)
    if (!found) {
      strange.push(`${asked.method} ${asked.path} ${asked.body}`)
      response.writeHead(501).end()
      return
    }
    const { status, headers, body, frames, over } = found.response
    response.writeHead(status, headers)
    if (!frames) {
      response.end(body)
      return
    }
    for (const frame of frames) response.write(frame)
    if (over === 'ended') response.end()
    // After what was written has gone out.
    if (over === 'cut') response.write('', () => setTimeout(() => response.destroy(), 20))
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    strange,
    left,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Whether a server of then would take it as the same request: it refuses members that it does not know. */
function isSame(recorded: Asked, asked: Asked & { body: string }): boolean {
  const { same } = new Volatile()
  const names = Object.keys(recorded.headers)
  return (
    recorded.method === asked.method &&
    recorded.path === asked.path &&
    names.every((name) => asked.headers[name] === recorded.headers[name]) &&
    same(sortMembers(recorded.body ?? ''), sortMembers(asked.body))
  )
}
