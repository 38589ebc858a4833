import { type Exchange, keptHeaders, piecesOf } from '../recorded/exchange.ts'

/** Notes what a client and a server say to each other over HTTP. */
export class Recorder {
  readonly exchanges: Exchange[] = []
  readonly #open = new Set<() => void>()

  /** The `fetch` of the client. */
  readonly fetch = async (request: Request): Promise<Response> => {
    const { pathname, search } = new URL(request.url)
    const body = await request.clone().text()
    const asked = {
      method: request.method,
      path: pathname + search,
      headers: keptHeaders(request.headers),
      ...(body !== '' && { body }),
    }
    const response = await fetch(request)
    const { status } = response
    const headers = keptHeaders(response.headers)
    const exchange: Exchange = { request: asked, response: { status, headers } }
    this.exchanges.push(exchange)
    if (headers['content-type'] !== 'text/event-stream' || !response.body) {
      const text = await response.text()
      exchange.response.body = text
      return new Response(text, { status, headers: response.headers })
    }
    const stream = this.#stream(exchange, response.body)
    return new Response(stream, { status, headers: response.headers })
  }

  /** Breaks all streams that are open, as a network does. */
  cut(): void {
    for (const cut of this.#open) cut()
  }

  #stream(exchange: Exchange, body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
    const pieces = piecesOf(body)
    const frames: string[] = []
    const encoder = new TextEncoder()
    exchange.response.frames = frames
    exchange.response.over = 'left'
    const open = this.#open
    let cut = () => {}
    return new ReadableStream({
      start(controller) {
        cut = () => {
          exchange.response.over = 'cut'
          open.delete(cut)
          controller.error(new TypeError('The network is gone.'))
        }
        open.add(cut)
      },
      async pull(controller) {
        const { done, value } = await pieces.next()
        if (!open.has(cut)) return
        if (done) {
          exchange.response.over = 'ended'
          open.delete(cut)
          controller.close()
          return
        }
        frames.push(value)
        controller.enqueue(encoder.encode(value))
      },
      cancel() {
        open.delete(cut)
      },
    })
  }
}
