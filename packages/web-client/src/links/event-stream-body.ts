import { AsyncIteratorClass, ErrorEvent, withEventMeta } from '@orpc/client'

type Reader = ReadableStreamDefaultReader<Uint8Array>
type OnBytes = (bytes: number) => void

/**
 * The frames of a body of server-sent events, as oRPC's links expect them: each with its id, and an
 * error event as an error (PROTOCOL.md, 2.2). `onBytes` hears of each chunk: keep-alive comments count
 * as signs of life, and only this layer sees them.
 */
export function framesOf(
  body: ReadableStream<Uint8Array>,
  onBytes?: OnBytes,
): AsyncIteratorClass<unknown> {
  const reader = body.getReader()
  const frames = read(reader, onBytes)
  // Ends a read that is under way, for which a generator's own `return` would wait.
  return new AsyncIteratorClass(
    () => frames.next(),
    () => reader.cancel(),
  )
}

async function* read(reader: Reader, onBytes?: OnBytes): AsyncGenerator<unknown, void, void> {
  const decoder = new TextDecoder()
  let rest = ''
  let [type, id, data] = ['', '', '']
  for (;;) {
    const { done, value: chunk } = await reader.read()
    if (done) return
    onBytes?.(chunk.byteLength)
    const text = decoder.decode(chunk, { stream: true })
    const end = text.lastIndexOf('\n')
    // A frame can be large and come in many chunks: what has no end yet is not searched again.
    const lines = end < 0 ? [] : (rest + text.slice(0, end)).split('\n')
    rest = end < 0 ? rest + text : text.slice(end + 1)
    for (const ended of lines) {
      const line = ended.endsWith('\r') ? ended.slice(0, -1) : ended
      const colon = line.indexOf(':')
      const name = line.slice(0, Math.max(colon, 0))
      const value = line.slice(colon + (line[colon + 1] === ' ' ? 2 : 1))
      if (name === 'data') data = data === '' ? value : `${data}\n${value}`
      else if (name === 'event') type = value
      else if (name === 'id') id = value
      if (line !== '') continue
      const frame: unknown = data && JSON.parse(data)
      if (type === 'error') throw new ErrorEvent({ data: frame })
      if (type === 'done') return
      if (typeof frame === 'object' && frame) yield id ? withEventMeta(frame, { id }) : frame
      ;[type, id, data] = ['', '', '']
    }
  }
}
