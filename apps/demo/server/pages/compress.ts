import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'

const toBrotli = promisify(brotliCompress)
const toGzip = promisify(gzip)

/** Smaller bodies fit into one packet anyway. */
const leastBytes = 1_024
const compressible = /^(?:text\/|application\/(?:json|wasm)|image\/svg)/

export type Encoding = 'br' | 'gzip'

/** The best encoding that a request accepts for such a body, if compressing it is worth it. */
export function encodingFor(
  request: IncomingMessage,
  type: string,
  bytes: number,
): Encoding | undefined {
  if (bytes < leastBytes || !compressible.test(type)) return undefined
  const accepted = new Set(
    (request.headers['accept-encoding'] ?? '')
      .toString()
      .split(',')
      .filter((one) => !/;\s*q=0(?:\.0*)?\s*$/.test(one))
      .map((one) => one.split(';', 1)[0]?.trim().toLowerCase()),
  )
  return (['br', 'gzip'] as const).find((encoding) => accepted.has(encoding))
}

/** Compresses in the thread pool: about 60 ms for the page's largest file, 500 kB. */
export function compress(body: Uint8Array, encoding: Encoding): Promise<Uint8Array> {
  if (encoding === 'gzip') return toGzip(body, { level: 6 })
  return toBrotli(body, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 6,
      [constants.BROTLI_PARAM_SIZE_HINT]: body.byteLength,
    },
  })
}
