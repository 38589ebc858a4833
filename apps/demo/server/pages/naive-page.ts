import type { IncomingMessage } from 'node:http'

import type { ChatFrame } from '@caughtup/schema'
import type { ChatServer } from '@caughtup/server'
import { createRouterClient, ORPCError } from '@orpc/server'

import { isReading, type Page, pathOf, send } from './page.ts'

const folder = '/naive/'

/**
 * Answers as they would stream without this project: server-sent events with the text of the moment, no
 * cursor, nothing repeated. The tour lets a page of this kind run beside the real one.
 */
export function naivePage(chat: ChatServer): Page {
  return async (request, response) => {
    const path = pathOf(request)
    if (!path?.startsWith(folder) || !isReading(request)) return false
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    try {
      const frames = await clientOf(chat, request).onChat(
        { sessionId: path.slice(folder.length), mode: { type: 'live' } },
        { signal: gone.signal },
      )
      response.writeHead(200, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-cache, no-transform',
      })
      response.flushHeaders()
      for await (const frame of frames) {
        const text = appendedBy(frame)
        if (text !== '') response.write(`data: ${JSON.stringify(text)}\n\n`)
      }
      response.end()
    } catch (error) {
      if (gone.signal.aborted) return true
      if (!(error instanceof ORPCError)) throw error
      const { status, message } = error
      return send(request, response, { status, type: 'text/plain', body: `${message}\n` })
    }
    return true
  }
}

function clientOf(chat: ChatServer, { headers, url }: IncomingMessage) {
  const fields = new Headers()
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value === 'string') fields.set(name, value)
  }
  return createRouterClient(chat.router, {
    context: { request: { headers: fields, ...(url !== undefined && { url }) } },
  })
}

/** The text that a frame adds to the end of what is shown. */
function appendedBy(frame: ChatFrame): string {
  if (frame.type === 'text') return frame.text
  if (frame.type !== 'events') return ''
  return frame.events
    .flatMap((event) => (event.type === 'message-delta' ? event.ops : []))
    .map((op) => {
      if (op.op === 'append') return op.text
      return op.op === 'put' && op.value.type === 'text' ? op.value.text : ''
    })
    .join('')
}
