import { createServer, request, type RequestOptions } from 'node:http'

import { onTestFinished } from 'vitest'

import type { Page } from '../pages/page.ts'
import { servePages } from '../pages/serve-pages.ts'

interface RawAnswer {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: string
  bytes: Buffer
}

type Ask = (
  path: string,
  method?: string,
  headers?: Readonly<Record<string, string>>,
) => Promise<RawAnswer>

/** Serves pages on a free port; returns a function that requests a path exactly as written. */
export async function servePage(...pages: Page[]): Promise<Ask> {
  const server = createServer(servePages(pages))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return (path, method = 'GET', headers = {}) => rawRequest({ port, path, method, headers })
}

/** Unlike `fetch`, sends the path without normalising it, and decompresses nothing. */
function rawRequest(options: RequestOptions) {
  return new Promise<RawAnswer>((resolve, reject) => {
    const asking = request({ host: '127.0.0.1', ...options }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const bytes = Buffer.concat(chunks)
        const { statusCode: status = 0, headers } = response
        resolve({ status, headers, body: bytes.toString(), bytes })
      })
    })
    asking.on('error', reject)
    asking.end()
  })
}
