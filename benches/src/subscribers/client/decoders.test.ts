import { describe, expect, it } from 'vitest'

import { ChunkedBody } from './chunked-body.ts'
import { SocketFrames } from './socket-frames.ts'
import { TextScanner } from './text-scanner.ts'

const marks = { before: '"text":"', after: '"' }

/** Texts that a scanner finds in bytes that come in pieces of a size. */
function read(bytes: Buffer, size: number, decode: Decoder): string[] {
  const texts: string[] = []
  const scanner = new TextScanner(marks, (found, start, end) =>
    texts.push(found.toString('latin1', start, end)),
  )
  const decoder = decode((piece) => scanner.push(piece))
  for (let at = 0; at < bytes.length; at += size) decoder.push(bytes.subarray(at, at + size))
  return texts
}

type Decoder = (onBody: (piece: Buffer) => void) => { push: (piece: Buffer) => void }

/** Frames whose WebSocket heads have 2, 4 and 10 bytes. */
const long = ['~'.repeat(1_000), '~'.repeat(70_000)]
const framesOf = (size: number) => {
  const texts = ['~one', 'Go on.', ...long.slice(0, size < 1_000 ? 1 : 2)]
  return { frames: texts.map((text) => JSON.stringify({ text })), expected: texts.filter(isToken) }
}
const isToken = (text: string) => text.startsWith('~')
const sizes = [1, 2, 3, 7, 64, 1_000, 70_000, 1_000_000]

describe('the texts of tokens', () => {
  it.each(sizes)('are read from a chunked body that comes in pieces of %i bytes', (size) => {
    const { frames, expected } = framesOf(size)
    const chunks = frames.map((frame) => `${frame.length.toString(16)}\r\n${frame}\r\n`).join('')

    expect(read(Buffer.from(chunks), size, (onBody) => new ChunkedBody(onBody))).toEqual(expected)
  })

  it('are read from a chunked body whose chunks end within a text', () => {
    const chunks = Buffer.from('c\r\n{"text":"~on\r\n5\r\ne","t\r\n')

    const texts = read(chunks, 5, (onBody) => new ChunkedBody(onBody))

    expect(texts).toEqual(['~one'])
  })

  it.each(sizes)('are read from WebSocket frames that come in pieces of %i bytes', (size) => {
    const { frames, expected } = framesOf(size)
    let pings = 0
    const ping = Buffer.from([0x89, 2, 0x68, 0x69])
    const bytes = Buffer.concat([ping, ...frames.map(serverFrame), ping])

    const texts = read(bytes, size, (onBody) => new SocketFrames(onBody, () => pings++))

    expect(texts).toEqual(expected)
    expect(pings).toBe(2)
  })
})

/** A text frame without a mask. */
function serverFrame(text: string): Buffer {
  const body = Buffer.from(text)
  const head = Buffer.alloc(body.length < 126 ? 2 : body.length < 65_536 ? 4 : 10)
  head.writeUInt8(0x81, 0)
  head.writeUInt8(head.length === 2 ? body.length : head.length === 4 ? 126 : 127, 1)
  if (head.length === 4) head.writeUInt16BE(body.length, 2)
  if (head.length === 10) head.writeBigUInt64BE(BigInt(body.length), 2)
  return Buffer.concat([head, body])
}
