import { createServer, request } from 'node:http'

import { onTestFinished } from 'vitest'

import type { Page } from '../pages/page.ts'
import { servePages } from '../pages/serve-pages.ts'

export interface RawAnswer {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: string
}

/** Serves pages on a free port; returns a function that requests a path exactly as written. */
export async function servePage(
  ...pages: Page[]
): Promise<(path: string, method?: string) => Promise<RawAnswer>> {
  const server = createServer(servePages(pages))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return (path, method = 'GET') => rawRequest({ port, path, method })
}

/** Unlike `fetch`, sends the path without normalising it. */
function rawRequest(options: { port: number | undefined; path: string; method: string }) {
  return new Promise<RawAnswer>((resolve, reject) => {
    const asking = request({ host: '127.0.0.1', ...options }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (body += chunk))
      response.on('error', reject)
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body })
      })
    })
    asking.on('error', reject)
    asking.end()
  })
}
