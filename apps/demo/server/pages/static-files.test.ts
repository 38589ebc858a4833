import { symlinkSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { servePage } from '../testing/page-server.ts'
import { folderWith } from '../testing/test-repository.ts'
import { staticFiles } from './static-files.ts'

function builtPage() {
  const root = folderWith({
    'package.json': '{}',
    'dist/index.html': '<!doctype html>',
    'dist/assets/main-x1y2.js': 'export {}',
    'dist/assets/a b.css': 'body {}',
  })
  return join(root, 'dist')
}

describe('staticFiles', () => {
  it('serves the page at /, to be revalidated each time', async () => {
    const ask = await servePage(staticFiles(builtPage()))
    const { status, headers, body } = await ask('/?as=ann')
    expect({ status, body }).toEqual({ status: 200, body: '<!doctype html>' })
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'content-length': '15',
    })
  })

  it('lets files with a hash in their name be cached for ever', async () => {
    const ask = await servePage(staticFiles(builtPage()))
    const { headers } = await ask('/assets/main-x1y2.js')
    expect(headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
    })
    expect((await ask('/assets/a%20b.css')).headers['content-type']).toContain('text/css')
  })

  it('answers HEAD without a body, and no other method', async () => {
    const ask = await servePage(staticFiles(builtPage()))
    expect(await ask('/', 'HEAD')).toMatchObject({ status: 200, body: '' })
    expect(await ask('/', 'POST')).toMatchObject({ status: 404 })
  })

  it.each([
    '/../package.json',
    '/assets/../../package.json',
    '/..%2fpackage.json',
    '/%2e%2e/package.json',
    '//package.json',
    '/assets/',
    '/nothing.js',
    '/%ff',
  ])('has nothing at %s', async (path) => {
    const ask = await servePage(staticFiles(builtPage()))
    expect(await ask(path)).toMatchObject({ status: 404, body: 'Not found.\n' })
  })

  it('does not follow a link out of the folder', async () => {
    const built = builtPage()
    symlinkSync(join(built, '..', 'package.json'), join(built, 'link.json'))
    const ask = await servePage(staticFiles(built))
    expect(await ask('/link.json')).toMatchObject({ status: 404 })
  })

  it('says how to build the page when it is not built', async () => {
    const ask = await servePage(staticFiles(join(builtPage(), 'missing')))
    const { status, body } = await ask('/')
    expect(status).toBe(503)
    expect(body).toContain('npx --yes pnpm@12 demo')
  })
})
