import { fileURLToPath } from 'node:url'

import type { Page } from './page.ts'

/** Serves the page from its sources and reloads it as they change. */
export async function devPage(): Promise<{ page: Page; close: () => Promise<void> }> {
  // Imported here, so that the built demo runs without Vite.
  const { createServer } = await import('vite')
  const vite = await createServer({
    configFile: fileURLToPath(new URL('../../vite.config.ts', import.meta.url)),
    root: fileURLToPath(new URL('../../page', import.meta.url)),
    server: { middlewareMode: true },
  })
  return {
    page: (request, response) =>
      new Promise((resolve, reject) => {
        response.once('close', () => resolve(true))
        vite.middlewares(request, response, (error: unknown) => {
          if (error) reject(new Error('Vite failed.', { cause: error }))
          else resolve(false)
        })
      }),
    close: () => vite.close(),
  }
}
