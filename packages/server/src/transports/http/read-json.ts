import { tooLarge } from '../../errors/call-errors.ts'

/**
 * Reads a request's body as JSON; undefined if it is empty.
 *
 * Bytes after `limit` are read and discarded, so that a client that sends its whole body before it
 * reads gets the answer. The HTTP server limits how long that may take.
 *
 * @throws CaughtupError `TOO_LARGE`
 * @throws SyntaxError
 */
export async function readJson(body: AsyncIterable<Uint8Array>, limit: number): Promise<unknown> {
  const chunks = body[Symbol.asyncIterator]()
  const decoder = new TextDecoder()
  let text = ''
  let size = 0
  for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
    size += next.value.byteLength
    if (size > limit) {
      void discard(chunks)
      throw tooLarge(limit)
    }
    text += decoder.decode(next.value, { stream: true })
  }
  text += decoder.decode()
  return text === '' ? undefined : JSON.parse(text)
}

async function discard(chunks: AsyncIterator<Uint8Array>): Promise<void> {
  try {
    while (!(await chunks.next()).done);
  } catch {
    // The client disconnected: nothing is left to read.
  }
}
