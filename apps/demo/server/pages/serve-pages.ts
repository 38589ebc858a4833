import type { IncomingMessage, ServerResponse } from 'node:http'

import { type Page, send } from './page.ts'

const text = 'text/plain; charset=utf-8'

/** Answers with the first page that accepts the request. Logs a failure; the client gets no details. */
export function servePages(
  pages: readonly Page[],
): (request: IncomingMessage, response: ServerResponse) => void {
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    for (const page of pages) {
      if (await page(request, response)) return
    }
    await send(request, response, { status: 404, type: text, body: 'Not found.\n' })
  }
  return (request, response) => {
    answer(request, response).catch((error: unknown) => {
      console.error(`${request.method} ${request.url} failed:`, error)
      if (response.headersSent) {
        response.destroy()
        return
      }
      // Small, so it is sent as it is, and nothing is awaited.
      void send(request, response, { status: 500, type: text, body: 'Internal server error.\n' })
    })
  }
}
