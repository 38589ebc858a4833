import { tooLarge } from '../errors/call-errors.ts'

/**
 * A request's body as JSON; undefined where it is empty.
 *
 * What comes after `limit` bytes is read on and thrown away, so that a client that sends first and
 * reads then gets to read the answer; how long that may take is the HTTP server's business.
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
    // The client is gone: there is nothing left to read.
  }
}
