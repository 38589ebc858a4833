import { Fields } from './fields.ts'
import { ProviderError } from './provider-error.ts'
import { SseLines } from './sse-lines.ts'

/**
 * A provider's stream: the events that its client yields, or server-sent events as bytes, as in the response of
 * a request of your own.
 */
export type ProviderStream =
  | AsyncIterable<object>
  | ReadableStream<Uint8Array>
  | Response
  | PromiseLike<AsyncIterable<object> | ReadableStream<Uint8Array> | Response>

/** Most of a refused request's response that an error quotes, in characters. */
const mostQuoted = 4_000

/**
 * The events of a stream, in their order. Ending early ends the stream as well.
 *
 * @throws ProviderError
 */
export async function* providerEvents(given: ProviderStream): AsyncGenerator<Fields> {
  const stream = await given
  const source = stream instanceof Response ? await bodyOf(stream) : stream
  const decoder = new TextDecoder()
  const lines = new SseLines()
  for await (const chunk of source) {
    if (!(chunk instanceof Uint8Array)) yield new Fields(chunk, 'event')
    else {
      for (const data of lines.take(decoder.decode(chunk, { stream: true }))) {
        if (data !== '[DONE]') yield new Fields(parse(data), 'event')
      }
    }
  }
}

async function bodyOf(response: Response): Promise<ReadableStream<Uint8Array>> {
  const { ok, status, body } = response
  if (ok && body) return body
  const words = ok ? '' : (await response.text()).slice(0, mostQuoted)
  throw new ProviderError('failed', `The provider answered ${status}: ${words}`, { status })
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data)
  } catch (cause) {
    throw new ProviderError('malformed', "An event of the provider's stream is not JSON.", {
      cause,
    })
  }
}
