import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'

import type { ChatServer } from '../../../src/create-chat-server.ts'
import { serveTest } from '../open-test-server.ts'

export interface Asked {
  method?: string
  path: string
  headers?: Record<string, string>
  body?: string
}

/** Sends requests through `chat.fetch`, or over a real socket. */
export const transports = {
  'chat.fetch': async (chat: ChatServer) => {
    return async ({ method = 'GET', path, headers = {}, body }: Asked): Promise<Response> => {
      const { host = 'localhost', ...rest } = headers
      return chat.fetch(
        new Request(`http://${host}${path}`, { method, headers: rest, body: body ?? null }),
      )
    }
  },
  serve: async (chat: ChatServer) => {
    const { port } = await serveTest(chat)
    return async ({ method = 'GET', path, headers = {}, body }: Asked): Promise<Response> => {
      const length = body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }
      const request = httpRequest({ port, method, path, headers: { ...headers, ...length } })
      request.end(body)
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the event brings
      const [response]: [IncomingMessage] = (await once(request, 'response')) as never
      const isEmpty = [204, 304].includes(response.statusCode ?? 0)
      const answered = isEmpty ? null : await text(response)
      return new Response(answered, {
        status: response.statusCode ?? 0,
        headers: Object.entries(response.headers).map(([name, value]) => [name, String(value)]),
      })
    }
  },
}
