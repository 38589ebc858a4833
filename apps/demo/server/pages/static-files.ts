import { readdir, readFile } from 'node:fs/promises'
import { extname, join, sep } from 'node:path'

import { compress, type Encoding } from './compress.ts'
import { ownFilesOnly } from './content-security-policy.ts'
import { isReading, type Page, pathOf, send } from './page.ts'

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
}

/** Vite puts a hash of the content into the names of these files, so they never change. */
const hashedFolder = '/assets/'
const forEver = 'public, max-age=31536000, immutable'

const notBuilt = `The page is not built yet. Build it and start the server with:

    npx --yes pnpm@12 demo
`

/** Serves the built page. Paths are looked up among its files, so none leads out of the folder. */
export function staticFiles(folder: string): Page {
  // By name and encoding, of the files that never change: as many as a build has.
  const compressed = new Map<string, Promise<Uint8Array>>()
  const compressOnce = (name: string) => (body: Uint8Array, encoding: Encoding) => {
    const key = `${encoding} ${name}`
    const made = compressed.get(key) ?? compress(body, encoding)
    compressed.set(key, made)
    return made
  }
  return async (request, response) => {
    const path = pathOf(request)
    if (path === undefined || !isReading(request)) return false
    const files = await filesOf(folder)
    if (files.size === 0) {
      return send(request, response, {
        status: 503,
        type: 'text/plain; charset=utf-8',
        body: notBuilt,
      })
    }
    const name = path === '/' ? '/index.html' : path
    if (!files.has(name)) return false
    return send(request, response, {
      status: 200,
      type: types[extname(name)] ?? 'application/octet-stream',
      body: await readFile(join(folder, name)),
      policy: ownFilesOnly,
      ...(name.startsWith(hashedFolder) && { cache: forEver, compress: compressOnce(name) }),
    })
  }
}

/** Read for each request, so that a new build is served without a restart. */
async function filesOf(folder: string): Promise<ReadonlySet<string>> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true })
    const files = entries.filter((entry) => entry.isFile())
    return new Set(
      files.map(({ parentPath, name }) =>
        join(parentPath, name).slice(folder.length).split(sep).join('/'),
      ),
    )
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return new Set()
    throw error
  }
}
