import { readFile } from 'node:fs/promises'
import type { Server } from 'node:http'

import type { HttpBindings } from '@hono/node-server'
import { serveStatic } from '@hono/node-server/serve-static'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { Handler } from 'hono'

/** Where the page comes from. */
interface Page {
  html(): Promise<string>
  /** Answers requests for its scripts, styles and images. */
  file: Handler<{ Bindings: HttpBindings }>
  close(): Promise<void>
}

/** From what `npm run build` has made. */
export function builtPage(): Page {
  return {
    html: () => readFile('dist/index.html', 'utf8'),
    file: serveStatic({
      root: 'dist',
      onFound: (_path, c) => {
        // The names of what Vite builds have a hash of the content in them.
        if (c.req.path.startsWith('/assets/'))
          c.header('cache-control', 'public, max-age=31536000, immutable')
      },
    }),
    close: async () => {},
  }
}

/** From its sources, by Vite in this process: changes are on the page at once. */
export async function devPage(server: Server): Promise<Page> {
  // Imported here, so that production runs without Vite.
  const { createServer } = await import('vite')
  const vite = await createServer({
    appType: 'custom',
    // As a module of this process: a copy of it would be new to `node --watch` each time.
    configLoader: 'native',
    server: { middlewareMode: true, hmr: { server } },
  })
  return {
    html: async () => vite.transformIndexHtml('/', await readFile('index.html', 'utf8')),
    file: (c) => {
      // Hono makes an answer to HEAD of one to GET, which here is sent already.
      if (c.req.method === 'HEAD') return c.body(null, 405)
      return new Promise<Response>((resolve, reject) => {
        const { incoming, outgoing } = c.env
        outgoing.once('close', () => resolve(RESPONSE_ALREADY_SENT))
        vite.middlewares(incoming, outgoing, (error: unknown) => {
          if (error) reject(new Error('Vite failed.', { cause: error }))
          else resolve(c.notFound())
        })
      })
    },
    close: () => vite.close(),
  }
}
