import type { ORPCError } from '@orpc/server'
import type { StandardHeaders } from '@orpc/standard-server'

import type { SentFrame } from '../../streams/sent-frame.ts'

/** Sent at once with the headers, so that both pass every buffer on the way. */
export const sseOpening = ': \n\n'

export const sseDone = 'event: done\ndata: {}\n\n'

export function sseHeaders(headers: StandardHeaders): StandardHeaders {
  return { ...headers, 'content-type': 'text/event-stream' }
}

/** A frame as a server-sent event. `message` is the event's default name. */
export function sseFrame({ frame, id }: SentFrame<object>): string {
  const data = `data: ${JSON.stringify({ json: frame })}\n\n`
  return id === undefined ? data : `id: ${id}\n${data}`
}

export function sseError(error: ORPCError<string, unknown>): string {
  return `event: error\ndata: ${JSON.stringify({ json: error.toJSON() })}\n\n`
}
