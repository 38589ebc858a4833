import { Buffer } from 'node:buffer'
import { ServerResponse } from 'node:http'
import type { Writable } from 'node:stream'

import type { ORPCError } from '@orpc/server'
import type { StandardHeaders } from '@orpc/standard-server'

import type { ClientStream } from '../../streams/client-stream.ts'
import type { SentFrame } from '../../streams/sent-frame.ts'
import { oncePerFrame } from '../../streams/once.ts'
import type { Outlet } from '../../streams/outlet.ts'
import type { NodeResponse } from './node-handler.ts'
import { sseDone, sseError, sseFrame, sseHeaders, sseOpening } from './sse-format.ts'

/** The encodings that all responses of a server share. */
export function responseEncodings() {
  return {
    frame: oncePerFrame((sent) => Buffer.from(sseFrame(sent))),
    chunk: oncePerFrame((sent) => chunkOf(sseFrame(sent))),
  }
}

export interface ResponseStream {
  stream: ClientStream
  status: number
  headers: StandardHeaders
  encodings: ReturnType<typeof responseEncodings>
  /** How long the client may take for what is left when the stream has ended, in ms. */
  stuckAfter: number
}

/** Answers with a stream. */
export function beginResponse(response: NodeResponse, options: ResponseStream): void {
  const { stream, status, headers, stuckAfter } = options
  // The sweep over streams finds stuck clients; a timer per connection would be set at each write.
  response.setTimeout(0)
  response.statusCode = status
  for (const [name, value] of Object.entries(sseHeaders(headers))) {
    if (value !== undefined) response.setHeader(name, value)
  }
  const body: Writable = response
  body.write(sseOpening)
  response.once('close', () => stream.gone())
  stream.begin(new ResponseOutlet(response, stream, options.encodings, stuckAfter))
}

/**
 * Writes to a response. A frame is one write of bytes that were encoded once: in a chunk of their own,
 * straight to the socket, as soon as the response has begun to send chunks there.
 */
class ResponseOutlet implements Outlet {
  readonly #response: NodeResponse
  readonly #stream: ClientStream
  readonly #encodings: ResponseStream['encodings']
  readonly #stuckAfter: number
  #isFull = false

  constructor(
    response: NodeResponse,
    stream: ClientStream,
    encodings: ResponseStream['encodings'],
    stuckAfter: number,
  ) {
    this.#response = response
    this.#stream = stream
    this.#encodings = encodings
    this.#stuckAfter = stuckAfter
  }

  get isFull(): boolean {
    return this.#isFull
  }

  write(sent: SentFrame<object>): void {
    const { frame, chunk } = this.#encodings
    const socket = chunkedSocket(this.#response)
    const writable: Writable = socket ?? this.#response
    if (!writable.write(socket ? chunk(sent) : frame(sent))) this.#await(writable)
  }

  end(): void {
    this.#finish(sseDone)
  }

  fail(error: ORPCError<string, unknown>): void {
    this.#finish(sseError(error))
  }

  cut(): void {
    this.#response.destroy()
  }

  #finish(last: string): void {
    this.#response.setTimeout(this.#stuckAfter, () => this.#response.destroy())
    this.#response.end(last)
  }

  #await(writable: Writable): void {
    if (this.#isFull) return
    this.#isFull = true
    writable.once('drain', () => {
      this.#isFull = false
      this.#stream.drained()
    })
  }
}

/** The socket that takes chunks of this response as they are; HTTP/1.0 and HTTP/2 have no chunks. */
function chunkedSocket(response: NodeResponse): Writable | undefined {
  const isChunked = response instanceof ServerResponse && response.chunkedEncoding
  // While earlier responses of the connection are unfinished (pipelining), there is no socket.
  return isChunked && response.socket ? response.socket : undefined
}

function chunkOf(text: string): Buffer {
  const length = Buffer.byteLength(text)
  return Buffer.from(`${length.toString(16)}\r\n${text}\r\n`)
}
