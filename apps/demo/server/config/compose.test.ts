import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { ownRoot } from '../testing/test-repository.ts'
import { readConfig } from './config.ts'

// Docker is not asked: this compares the files with what they name.

const read = (path: string) => readFileSync(join(ownRoot, path), 'utf8')
const compose = read('apps/demo/compose/compose.yaml')
const dockerfile = read('apps/demo/compose/Dockerfile')

/** The block of lines that are indented further than the line that begins with `head`. */
function block(head: string): string {
  const [, indent = '', inside = ''] =
    new RegExp(String.raw`^( *)${head}.*\n((?:\1 +.*\n|\n)+)`, 'm').exec(compose) ?? []
  return inside.replaceAll(new RegExp(`^${indent}  `, 'gm'), '')
}

describe('the compose file', () => {
  it('sets variables that the demo reads, to values that it takes', () => {
    const set = [...block('x-environment:').matchAll(/^([A-Z_]+): '?([^'\n]*)/gm)]
    const env = Object.fromEntries(
      set.map(([, name, value]) => [name, value?.replaceAll(/\$\{\w+:-(.*?)\}/g, '$1')]),
    )
    const asked = new Set<PropertyKey>()
    const watched = new Proxy(env, {
      get: (_, name) => {
        asked.add(name)
        return typeof name === 'string' ? env[name] : undefined
      },
    })
    expect(readConfig(watched, [], '/app')).toMatchObject({
      host: '0.0.0.0',
      port: 4000,
      database: 'postgres://caughtup:caughtup@postgres:5432/caughtup',
      redis: 'redis://redis:6379',
      files: '/data/files',
      fillTurns: 0,
    })
    expect(Object.keys(env).filter((name) => !asked.has(name))).toEqual([])
  })

  it('has the services that its addresses and the proxy name', () => {
    const services = [...block('services:').matchAll(/^([\w-]+):/gm)].map(([, name]) => name)
    expect(services).toEqual(['server-1', 'server-2', 'server-3', 'proxy', 'postgres', 'redis'])
    const caddyfile = read('apps/demo/compose/Caddyfile')
    const [, upstreams] = /reverse_proxy (.*) \{/.exec(caddyfile) ?? []
    expect(upstreams).toBe('server-1:4000 server-2:4000 server-3:4000')
    expect(compose).toContain("'127.0.0.1:${PORT:-4000}:80'")
    expect(caddyfile).toMatch(/^:80 \{$/m)
  })

  it('builds an image with the files and scripts that there are', () => {
    expect(compose).toContain('dockerfile: apps/demo/compose/Dockerfile')
    const [, program = ''] = /^CMD \["node", "(.*)"\]$/m.exec(dockerfile) ?? []
    expect(existsSync(join(ownRoot, program))).toBe(true)
    const { scripts } = JSON.parse(read('apps/demo/package.json'))
    expect(dockerfile).toContain('pnpm@12 --filter @caughtup/demo build')
    expect(scripts).toHaveProperty('build')
  })
})
