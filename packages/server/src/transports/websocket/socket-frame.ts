import { Buffer } from 'node:buffer'

import type { ORPCError } from '@orpc/server'
import { MessageType } from '@orpc/standard-server-peer'

import type { SentFrame } from '../../streams/sent-frame.ts'
import { oncePerFrame } from '../../streams/once.ts'

/** The first byte of a WebSocket frame that is a whole text message (RFC 6455, 5.2). */
const wholeText = 0x81

/**
 * Encodes stream items as ready WebSocket frames: a server's have no mask, so those of calls with the
 * same id are the same bytes on every socket. Clients number their calls, so most share their ids.
 */
export function socketEncoding(): (id: string, sent: SentFrame<object>) => Buffer {
  const payload = oncePerFrame(messagePayload)
  const byId = oncePerFrame(() => new Map<string, Buffer>())
  return (id, sent) => {
    const frames = byId(sent)
    let frame = frames.get(id)
    if (!frame) frames.set(id, (frame = textFrame(streamItem(id, payload(sent)))))
    return frame
  }
}

export function doneItem(id: string): string {
  return streamItem(id, '{"e":"done","d":{}}')
}

export function errorItem(id: string, error: ORPCError<string, unknown>): string {
  return streamItem(id, JSON.stringify({ e: 'error', d: { json: error.toJSON() } }))
}

function messagePayload({ frame, id }: SentFrame<object>): string {
  const data = `{"e":"message","d":${JSON.stringify({ json: frame })}`
  return id === undefined ? `${data}}` : `${data},"m":${JSON.stringify({ id })}}`
}

function streamItem(id: string, payload: string): string {
  return `{"i":${JSON.stringify(id)},"t":${MessageType.EVENT_ITERATOR},"p":${payload}}`
}

/** Allocated once: a frame may hold a whole window. */
function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text)
  const headLength = length < 126 ? 2 : length < 2 ** 16 ? 4 : 10
  const frame = Buffer.allocUnsafe(headLength + length)
  frame[0] = wholeText
  if (headLength === 2) frame[1] = length
  else if (headLength === 4) {
    frame[1] = 126
    frame.writeUInt16BE(length, 2)
  } else {
    frame[1] = 127
    frame.writeBigUInt64BE(BigInt(length), 2)
  }
  frame.write(text, headLength)
  return frame
}
