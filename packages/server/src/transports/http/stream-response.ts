import type { ORPCError } from '@orpc/server'
import type { StandardHeaders } from '@orpc/standard-server'
import { toFetchHeaders } from '@orpc/standard-server-fetch'

import type { ClientStream } from '../../streams/client-stream.ts'
import type { SentFrame } from '../../streams/sent-frame.ts'
import type { Outlet } from '../../streams/outlet.ts'
import { sseDone, sseError, sseHeaders, sseOpening } from './sse-format.ts'

/** What may be unread in the body of a response before its stream waits, in bytes. */
const bodyBytes = 16 * 1024

export interface FetchStream {
  stream: ClientStream
  status: number
  headers: StandardHeaders
  /** The request's: some runtimes abort it instead of cancelling the body. */
  signal: AbortSignal
  encode: (sent: SentFrame<object>) => Uint8Array
}

/** A response whose body is the stream. */
export function streamResponse({ stream, status, headers, signal, encode }: FetchStream): Response {
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const outlet = new BodyOutlet(controller, encode)
        outlet.send(new TextEncoder().encode(sseOpening))
        const leave = () => {
          stream.gone()
          // Some callers read on after an abort: without an end they would wait for ever.
          controller.error(signal.reason)
        }
        if (signal.aborted) return leave()
        signal.addEventListener('abort', leave, { once: true })
        stream.begin(outlet)
      },
      pull: () => stream.drained(),
      cancel: () => stream.gone(),
    },
    { highWaterMark: bodyBytes, size: ({ byteLength }) => byteLength },
  )
  return new Response(body, { status, headers: toFetchHeaders(sseHeaders(headers)) })
}

/** Writes to the body of a fetch response. */
class BodyOutlet implements Outlet {
  readonly #controller: ReadableStreamDefaultController<Uint8Array>
  readonly #encode: (sent: SentFrame<object>) => Uint8Array

  constructor(
    controller: ReadableStreamDefaultController<Uint8Array>,
    encode: (sent: SentFrame<object>) => Uint8Array,
  ) {
    this.#controller = controller
    this.#encode = encode
  }

  get isFull(): boolean {
    return (this.#controller.desiredSize ?? 0) <= 0
  }

  write(sent: SentFrame<object>): void {
    // A copy: the reader of a body may transfer its chunks to another thread.
    this.send(new Uint8Array(this.#encode(sent)))
  }

  send(bytes: Uint8Array): void {
    this.#controller.enqueue(bytes)
  }

  end(): void {
    this.#finish(sseDone)
  }

  fail(error: ORPCError<string, unknown>): void {
    this.#finish(sseError(error))
  }

  cut(): void {
    this.#controller.error(new Error('The server closed the stream.'))
  }

  #finish(last: string): void {
    this.send(new TextEncoder().encode(last))
    this.#controller.close()
  }
}
