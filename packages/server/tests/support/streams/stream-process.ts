// Streams in memory on a port that it prints, for the conformance suite of Durable Streams
// (`outside/durable-streams`). Reads go the way of a mount's; `PUT`, `POST` and `DELETE`, which a chat
// server does not have, write what is read.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'

import { CaughtupError } from '@caughtup/schema'
import { createStore } from '@caughtup/store'
import { memory } from '@caughtup/store/memory'

import { createChatServer } from '../../../src/create-chat-server.ts'
import { toOffset } from '../../../src/adapters/durable-streams/offset.ts'
import { streamMount } from '../../../src/adapters/durable-streams/stream-mount.ts'
import { MemoryStream, mediaType } from './memory-stream.ts'

const path = '/v1/stream'
const streams = new Map<string, MemoryStream>()

const chat = createChatServer({
  store: await createStore({ storage: memory() }),
  agent: async function* () {},
  principal: () => ({ id: 'me' }),
  mounts: [
    streamMount({
      path,
      longPoll: 2_000,
      async open({ params: { id = '' }, signal }) {
        const log = streams.get(id)
        if (!log) throw new CaughtupError('NOT_FOUND', `There is no stream ${id}.`)
        const ending = new AbortController()
        const ends = AbortSignal.any([signal, ending.signal])
        return { log, signal: ends, [Symbol.dispose]: () => ending.abort() }
      },
    }),
  ],
})

const server = createServer((request, response) => {
  const id = new URL(request.url ?? '/', 'http://localhost').pathname.slice(path.length + 1)
  const reads = ['GET', 'HEAD', 'OPTIONS'].includes(request.method ?? '')
  const answered = reads ? read(id, request, response) : write(id, request, response)
  answered.catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined))
})
// A client must not find that a connection, which it takes up again, has just been closed.
server.keepAliveTimeout = 600_000
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (typeof address === 'object') process.stdout.write(`port: ${address?.port}\n`)
})
// It ends with the process that reads what it prints.
process.stdin.resume().on('end', () => process.exit())

async function read(id: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = 'GET', url = '/', headers } = request
  const left = new AbortController()
  response.once('close', () => left.abort())
  const asked = new Request(new URL(url, `http://${headers.host}`), {
    method,
    headers: Object.entries(headers).map(([name, value]) => [name, String(value)]),
    signal: left.signal,
  })
  const answer = await chat.fetch(asked)
  const isBinary = streams.get(id)?.isBinary === true
  const isEvents = answer.headers.get('content-type') === 'text/event-stream'
  response.statusCode = answer.status
  response.setHeaders(answer.headers)
  if (isBinary && isEvents) response.setHeader('stream-sse-data-encoding', 'base64')
  if (!answer.body) return void response.end()
  if (isBinary && answer.ok && !isEvents) {
    return void response.end(Buffer.from(await answer.text(), 'base64'))
  }
  await pipeline(Readable.fromWeb(answer.body), response).catch((error: unknown) => {
    if (!left.signal.aborted) throw error
  })
}

async function write(id: string, request: IncomingMessage, response: ServerResponse) {
  const answer = (status: number, stream?: MemoryStream) => {
    response.statusCode = status
    if (stream) response.setHeader('stream-next-offset', toOffset(stream.tail))
    response.end()
  }
  const body = await buffer(request)
  const stream = streams.get(id)
  const type = request.headers['content-type'] ?? 'application/octet-stream'
  if (request.method === 'PUT') {
    if (stream) return answer(mediaType(stream.contentType) === mediaType(type) ? 200 : 409, stream)
    const made = new MemoryStream(type)
    if (body.length > 0) made.append(entriesOf(made, body) ?? [])
    streams.set(id, made)
    return answer(201, made)
  }
  if (!stream) return answer(404)
  if (request.method === 'DELETE') {
    streams.delete(id)
    return answer(204)
  }
  const entries = entriesOf(stream, body)
  if (!entries || entries.length === 0) return answer(400)
  stream.append(entries)
  return answer(204, stream)
}

/** An array of JSON is as many entries as it has values; `undefined` for what is no JSON. */
function entriesOf({ isJson }: MemoryStream, body: Buffer): Buffer[] | undefined {
  if (!isJson) return body.length > 0 ? [body] : []
  try {
    const value: unknown = JSON.parse(body.toString())
    return (Array.isArray(value) ? value : [value]).map((each) => Buffer.from(JSON.stringify(each)))
  } catch {
    return undefined
  }
}
