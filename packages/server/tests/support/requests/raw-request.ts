import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { connect } from 'node:net'

/** The bytes of a request, and whether the client leaves in the middle of its body. */
export interface RawRequest {
  method: string
  /** As it is on the wire. */
  target: string
  headers: readonly (readonly [name: string, value: string])[]
  body?: Uint8Array | undefined
  /** Sends the body in chunks of this size, and no length. */
  chunk?: number | undefined
  /** Sends so much of the body, and then hangs up. */
  cut?: number | undefined
}

export interface RawAnswer {
  status: number
  headers: Record<string, string>
  /** Empty for a stream of events, which is left at its beginning. */
  text: string
}

/**
 * Sends what no HTTP client sends; `undefined` if the server hangs up without an answer. The connection is kept
 * until the answer is there: a server that closes one before it has read the whole body takes its answer with it.
 */
export async function sendRaw(port: number, request: RawRequest): Promise<RawAnswer | undefined> {
  const { method, target, headers, body, chunk, cut } = request
  const framing =
    body === undefined
      ? []
      : [chunk === undefined ? `content-length: ${body.byteLength}` : 'transfer-encoding: chunked']
  const lines = [
    `${method} ${target} HTTP/1.1`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...framing,
  ]
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
  const rest = body === undefined ? Buffer.alloc(0) : framed(Buffer.from(body), chunk)
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    const sent = cut === undefined ? rest : rest.subarray(0, cut % (rest.byteLength + 1))
    socket.on('error', () => {})
    socket.write(Buffer.concat([head, sent]))
    if (cut !== undefined) socket.end()
    let received = ''
    socket.setEncoding('latin1')
    for await (const piece of socket) {
      received += String(piece)
      if (isWhole(received, method)) break
    }
    return received === '' ? undefined : parsed(received)
  } catch (error) {
    if (cut === undefined) throw error
    return undefined
  } finally {
    socket.destroy()
  }
}

/** Whether all of an answer is there; of a stream, its beginning. */
function isWhole(received: string, method: string): boolean {
  const end = received.indexOf('\r\n\r\n')
  if (end < 0) return false
  const head = received.slice(0, end).toLowerCase()
  const body = received.slice(end + 4)
  if (method === 'HEAD' || /^http\/1.1 (?:204|304)/.test(head)) return true
  if (head.includes('\r\ncontent-type: text/event-stream')) return true
  const [, length] = /\r\ncontent-length: (\d+)/.exec(head) ?? []
  if (length !== undefined) return body.length >= Number(length)
  // Without both it ends with the connection.
  return head.includes('\r\ntransfer-encoding: chunked') && body.endsWith('0\r\n\r\n')
}

function framed(body: Buffer, chunk: number | undefined): Buffer {
  if (chunk === undefined) return body
  const chunks: Buffer[] = []
  for (let at = 0; at < body.byteLength; at += chunk) {
    const piece = body.subarray(at, at + chunk)
    chunks.push(Buffer.from(`${piece.byteLength.toString(16)}\r\n`), piece, Buffer.from('\r\n'))
  }
  return Buffer.concat([...chunks, Buffer.from('0\r\n\r\n')])
}

function parsed(received: string): RawAnswer {
  const end = received.indexOf('\r\n\r\n')
  const [first = '', ...lines] = received.slice(0, end).split('\r\n')
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    }),
  )
  const status = Number(first.split(' ')[1])
  const isStream = headers['content-type'] === 'text/event-stream'
  const whole = received.slice(end + 4)
  const text = headers['transfer-encoding'] === 'chunked' ? unchunked(whole) : whole
  return { status, headers, text: isStream ? '' : Buffer.from(text, 'latin1').toString() }
}

function unchunked(text: string): string {
  const [, size = '', rest = ''] = /^([\da-f]+)\r\n([^]*)$/i.exec(text) ?? []
  const length = Number.parseInt(size, 16)
  return length > 0 ? rest.slice(0, length) + unchunked(rest.slice(length + 2)) : ''
}
