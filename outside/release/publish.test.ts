import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { LocalRegistry } from './local-registry.ts'

const script = path.join(import.meta.dirname, '../../scripts/publish.ts')
const repository = { type: 'git', url: 'git+https://git.example/trial.git' }

let folder = ''
let registry: LocalRegistry
let env: NodeJS.ProcessEnv
beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'caughtup-release-'))
  registry = new LocalRegistry()
  const url = await registry.start()
  const userconfig = path.join(folder, 'npmrc')
  writeFileSync(userconfig, `${url.replace('http:', '')}:_authToken=trial\n`)
  const { GITHUB_REF_TYPE: _type, GITHUB_REF_NAME: _name, ...rest } = process.env
  env = {
    ...rest,
    npm_config_registry: url,
    npm_config_userconfig: userconfig,
    npm_config_cache: path.join(folder, 'cache'),
    npm_config_fetch_retries: '0',
  }
})
afterEach(async () => {
  await registry.close()
  rmSync(folder, { recursive: true, force: true })
})

/** A packed package that has nothing but its manifest. */
function pack(name: string, more: object = {}): void {
  const place = path.join(folder, name, 'package')
  mkdirSync(place, { recursive: true })
  const manifest = { name: `@trial/${name}`, version: '0.1.0', repository, ...more }
  writeFileSync(path.join(place, 'package.json'), JSON.stringify(manifest))
  const tarball = path.join(folder, `${name}.tgz`)
  execFileSync('tar', ['-czf', tarball, '-C', path.join(folder, name), 'package'])
}

/** Three packages of which the first by name needs the others. */
function packThree(): void {
  pack('a', { dependencies: { '@trial/b': '0.1.0', '@trial/c': '0.1.0' } })
  pack('b', { dependencies: { '@trial/c': '0.1.0', zod: '4.0.0' } })
  pack('c')
}

/** Runs the script. Provenance needs a token that only a workflow gets. */
async function publish(
  args: string[] = ['--publish', '--no-provenance'],
  variables: NodeJS.ProcessEnv = {},
) {
  const child = spawn(process.execPath, [script, folder, ...args], {
    env: { ...env, ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = once(child, 'close')
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  const [code] = await ended
  return { code, stdout, stderr }
}

test('a release says what it would publish, publishes what others need first, and goes on where it broke off', async () => {
  packThree()

  const trial = await publish([])
  expect(trial).toMatchObject({ code: 0 })
  expect(trial.stdout).toBe(
    ['c', 'b', 'a'].map((name) => `@trial/${name}@0.1.0 would be published.\n`).join(''),
  )
  expect(registry.published).toEqual([])

  registry.refuses = '@trial/b'
  const broken = await publish()
  expect(broken).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('@trial/b@0.1.0 was not published'),
  })
  expect(registry.published).toEqual(['@trial/c@0.1.0'])

  registry.refuses = undefined
  const whole = await publish()
  expect(whole).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('@trial/c@0.1.0 is published already.'),
  })
  expect(registry.published).toEqual(['@trial/c@0.1.0', '@trial/b@0.1.0', '@trial/a@0.1.0'])
})

test('a release does not go on over other contents, nor when the registry cannot be asked', async () => {
  pack('a')
  pack('b')
  registry.refuses = '@trial/b'
  await publish()
  registry.refuses = undefined

  registry.isBroken = true
  expect(await publish()).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('npm view @trial/a@0.1.0 failed'),
  })
  registry.isBroken = false
  registry.harm('@trial/a', '0.1.0')
  expect(await publish()).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('@trial/a@0.1.0 is published with other contents'),
  })
  expect(registry.published).toEqual(['@trial/a@0.1.0'])
})

test('a release is refused without a repository, with several versions, under another tag, and without packages', async () => {
  expect(await publish()).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('There is no packed package'),
  })
  pack('a', { version: '0.2.0' })
  pack('b', { repository: undefined })
  const tag = { GITHUB_REF_TYPE: 'tag', GITHUB_REF_NAME: 'v0.3.0' }
  const { code, stderr } = await publish(undefined, tag)
  expect(code).toBe(1)
  expect(stderr).toContain('Nothing was published.')
  expect(stderr).toContain('The packages have different versions: 0.2.0, 0.1.0.')
  expect(stderr).toContain('@trial/b does not name its repository.')
  expect(stderr).not.toContain('@trial/a does not name')
  expect(stderr).toContain('The tag is v0.3.0, and the version 0.2.0.')
  expect(registry.published).toEqual([])
})

test('a release has provenance, or is not published', async () => {
  pack('a')
  const { code, stderr } = await publish(['--publish'])
  expect(code).toBe(1)
  // npm's own words, outside of a workflow and in one that has no token.
  expect(stderr).toMatch(/npm error .*provenance/i)
  expect(registry.published).toEqual([])
})
