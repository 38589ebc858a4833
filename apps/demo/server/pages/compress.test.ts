import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { servePage } from '../testing/page-server.ts'
import { folderWith } from '../testing/test-repository.ts'
import { staticFiles } from './static-files.ts'

const script = 'export const n = 1\n'.repeat(1_000)

async function askBuilt() {
  const root = folderWith({
    'dist/index.html': '<!doctype html>',
    'dist/assets/main-x1y2.js': script,
    'dist/assets/photo.png': 'x'.repeat(5_000),
  })
  return servePage(staticFiles(join(root, 'dist')))
}

describe('compressed answers', () => {
  it.each([
    ['br, gzip', 'br', brotliDecompressSync],
    ['gzip, deflate, br;q=0', 'gzip', gunzipSync],
  ])('to a client that accepts %s it is %s', async (accepted, encoding, decompress) => {
    const ask = await askBuilt()
    for (let time = 1; time <= 2; time++) {
      const { headers, bytes } = await ask('/assets/main-x1y2.js', 'GET', {
        'accept-encoding': accepted,
      })
      expect(headers).toMatchObject({
        'content-encoding': encoding,
        'content-length': String(bytes.byteLength),
        vary: 'accept-encoding',
      })
      expect(bytes.byteLength).toBeLessThan(script.length / 10)
      expect(decompress(bytes).toString()).toBe(script)
    }
  })

  it.each([
    ['/assets/main-x1y2.js', 'identity'],
    ['/assets/main-x1y2.js', undefined],
    ['/assets/photo.png', 'br'],
    ['/', 'br'],
  ])('%s is sent as it is to a client that accepts %s', async (path, accepted) => {
    const ask = await askBuilt()
    const headers = accepted === undefined ? {} : { 'accept-encoding': accepted }
    expect((await ask(path, 'GET', headers)).headers['content-encoding']).toBeUndefined()
  })
})

describe('the content security policy', () => {
  it('lets the page load its own files, and run nothing inline', async () => {
    const { headers } = await (await askBuilt())('/')
    const policy = String(headers['content-security-policy'])
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'")
    expect(policy).not.toContain('unsafe')
  })

  it('lets other answers load nothing', async () => {
    const { headers } = await (await askBuilt())('/missing')
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; base-uri 'none'/)
  })
})
