import { createReadStream, existsSync } from 'node:fs'
import { createServer } from 'node:http'
import path from 'node:path'

export interface ServedFolder extends AsyncDisposable {
  url: string
}

const types: Record<string, string> = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.json': 'application/json',
  '.txt': 'text/plain; charset=utf-8',
  '.woff2': 'font/woff2',
}

/** Serves the files of a folder as a host of static sites does: `/start` is `start.html`. */
export async function serveFolder(folder: string): Promise<ServedFolder> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    const asked = path.join(folder, path.posix.normalize(pathname))
    const file = [asked, `${asked}.html`, path.join(asked, 'index.html')].find(
      (one) => existsSync(one) && path.extname(one) !== '',
    )
    response.writeHead(file ? 200 : 404, {
      'content-type': types[path.extname(file ?? '.html')] ?? 'application/octet-stream',
    })
    createReadStream(file ?? path.join(folder, '404.html')).pipe(response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error(`Listening on ${address}.`)
  return {
    url: `http://127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
