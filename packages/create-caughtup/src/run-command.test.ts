import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { runCommand } from './run-command.ts'

const root = path.resolve(import.meta.dirname, '../../..')
const { version } = manifestIn(path.join(root, 'packages/create-caughtup'))
let folder: string

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'create-caughtup-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

interface Manifest {
  name: string
  version: string
  dependencies: Record<string, string>
  devDependencies: Record<string, string>
  overrides?: Record<string, string>
  resolutions?: Record<string, string>
  [member: string]: unknown
}

function manifestIn(app: string): Manifest {
  return JSON.parse(readFileSync(path.join(app, 'package.json'), 'utf8'))
}

/** Runs the command in `folder`; `typed` is what somebody at a terminal types. */
async function run(args: string[], { agent = 'npm/11.0.0', typed = '', cwd = folder } = {}) {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()]
  // The next line is typed when the next question is there.
  const lines = typed.split('\n').slice(0, -1)
  stdout.on('data', (chunk: Buffer) => {
    if (!String(chunk).endsWith('): ')) return
    if (lines.length > 0) stdin.write(`${lines.shift()}\n`)
    else if (typed === 'hang up') stdin.end()
  })
  const printed = Promise.all([text(stdout), text(stderr)])
  const code = await runCommand(args, {
    stdin: Object.assign(stdin, { isTTY: typed !== '' }),
    stdout,
    stderr,
    env: { npm_config_user_agent: agent },
    cwd: () => cwd,
  })
  stdout.end()
  stderr.end()
  const [out, errors] = await printed
  return { code, out, errors }
}

/** A folder with a file for each package, named as packed. */
function tarballsFolder(names: readonly string[]): string {
  const packed = path.join(folder, 'packed')
  mkdirSync(packed)
  for (const name of names) writeFileSync(path.join(packed, `${name}.tgz`), name)
  return packed
}

const used = ['react-ui', 'schema', 'server', 'store', 'web-client']

describe.each(['hono', 'next'])('the template %s', (template) => {
  test('becomes an app whose packages come from the registry', async () => {
    const { code, out } = await run(['apps/my-app', '--template', template])
    expect([code, out]).toEqual([0, expect.stringContaining('cd apps/my-app\n  npm install\n')])
    const app = path.join(folder, 'apps/my-app')
    const manifest = manifestIn(app)
    expect(manifest.name).toBe('my-app')
    const ours = used.map((name) => [`@caughtup/${name}`, version])
    expect(manifest.dependencies).toMatchObject(Object.fromEntries(ours))
    expect(manifest).not.toHaveProperty('overrides')
    expect(manifest['allowScripts']).toEqual({ node: true })
    expect(readdirSync(app)).toEqual(
      expect.arrayContaining(['.gitignore', 'README.md', 'server', 'ui']),
    )
    expect(existsSync(path.join(app, '_gitignore'))).toBe(false)
    expect(existsSync(path.join(app, 'pnpm-workspace.yaml'))).toBe(false)
  })

  test('has the versions that are tested: those of the catalog, and of the folders outside', () => {
    const catalog = readFileSync(path.join(root, 'pnpm-workspace.yaml'), 'utf8')
    const tested = new Map(
      globSync('outside/*/package.json', { cwd: root }).flatMap((file) =>
        Object.entries(manifestIn(path.join(root, path.dirname(file))).devDependencies),
      ),
    )
    for (const [, name = '', wanted = ''] of catalog.matchAll(/^ {2}'?([^\s'#:]+)'?: (\d\S*)$/gm)) {
      tested.set(name, wanted)
    }
    const { dependencies, devDependencies } = manifestIn(
      path.join(root, 'packages/create-caughtup/templates', template),
    )
    const named = Object.entries({ ...dependencies, ...devDependencies })
    const ours = named.filter(([, one]) => one === 'workspace:*').map(([name]) => name)
    expect(ours).toEqual(used.map((name) => `@caughtup/${name}`))
    const others = named.filter(([name]) => !ours.includes(name))
    expect(others).toEqual(others.map(([name]) => [name, tested.get(name)]))
  })
})

test('the packages of an app have the version of this one, because they are released together', () => {
  for (const name of used) {
    expect([name, manifestIn(path.join(root, 'packages', name)).version]).toEqual([name, version])
  }
})

test('tarballs go along into the app, in its dependencies and, literally the same, in its overrides', async () => {
  tarballsFolder([...used.map((name) => `caughtup-${name}-1.2.3`), 'create-caughtup-1.2.3'])
  expect(await run(['app', '-t', 'hono', '--packages', 'packed'])).toMatchObject({ code: 0 })
  const app = path.join(folder, 'app')
  const specs = Object.fromEntries(
    used.map((name) => [`@caughtup/${name}`, `file:packages/caughtup-${name}-1.2.3.tgz`]),
  )
  const { dependencies, overrides } = manifestIn(app)
  expect(dependencies).toMatchObject(specs)
  expect(overrides).toEqual(specs)
  expect(readdirSync(path.join(app, 'packages'))).toEqual(
    used.map((name) => `caughtup-${name}-1.2.3.tgz`),
  )
  expect(readFileSync(path.join(app, 'packages/caughtup-store-1.2.3.tgz'), 'utf8')).toBe(
    'caughtup-store-1.2.3',
  )
})

test('the app is made for the package manager that started the command', async () => {
  const packages = tarballsFolder(used.map((name) => `caughtup-${name}-1.2.3`))
  const store = 'file:packages/caughtup-store-1.2.3.tgz'
  const make = async (agent: string) => {
    const name = agent.split('/', 1)[0]!
    const { out } = await run([name, '-t', 'hono', '--packages', packages], { agent })
    expect(out).toContain(`  ${name} install\n`)
    return manifestIn(path.join(folder, name))
  }
  const pnpm = await make('pnpm/12.21.0 npm/? node/v24.21.0 linux x64')
  expect(pnpm).not.toHaveProperty('overrides')
  expect(readFileSync(path.join(folder, 'pnpm/pnpm-workspace.yaml'), 'utf8')).toMatch(
    /^allowBuilds:\n {2}node: true\noverrides:\n[^]* {2}'@caughtup\/store': file:packages\/caughtup-store-1\.2\.3\.tgz\n/m,
  )
  expect((await make('yarn/4.9.0 npm/?')).resolutions).toMatchObject({ '@caughtup/store': store })
  const bun = await make('bun/1.4.5')
  expect(bun).toMatchObject({ trustedDependencies: ['node'] })
  expect(bun.overrides).toMatchObject({ '@caughtup/store': store })
})

test('without a package manager, and with another one, the app is made for npm', async () => {
  for (const [index, agent] of ['', 'cnpm/9.0.0'].entries()) {
    const { out } = await run([`app${index}`, '-t', 'hono'], { agent })
    expect(out).toContain('  npm install\n  npm run dev\n')
  }
})

test('the folder may be the present one, with a repository in it', async () => {
  mkdirSync(path.join(folder, 'here/.git'), { recursive: true })
  const cwd = path.join(folder, 'here')
  const { code, out } = await run(['.', '-t', 'hono'], { cwd })
  expect([code, out]).toEqual([0, expect.not.stringContaining('cd ')])
  expect(manifestIn(cwd).name).toBe('here')
})

test('on a terminal it asks for what is missing, and an empty answer is the one in brackets', async () => {
  const { out } = await run([], { typed: 'asked\nhono\n' })
  expect(out).toContain('Folder (my-app): ')
  expect(manifestIn(path.join(folder, 'asked')).name).toBe('asked')
  await run([], { typed: '\n\n' })
  expect(manifestIn(path.join(folder, 'my-app')).name).toBe('my-app')
})

test('a question that is not answered makes nothing', async () => {
  expect(await run([], { typed: 'hang up' })).toMatchObject({
    code: 2,
    errors: 'Nothing was made.\n',
  })
  expect(readdirSync(folder)).toEqual([])
})

test.each([
  [['app'], 'Missing: --template. See --help.'],
  [[], 'Missing: FOLDER and --template. See --help.'],
  [['App', '-t', 'hono'], `"App" cannot be one: npm allows lower-case`],
  [['app', '-t', 'hono', '--packages', 'nowhere'], 'The folder of --packages cannot be read'],
  [['app', '-t', 'hono', '--packages', '.'], 'has no tarball of @caughtup/react-ui.'],
])('%j ends with 2 and a reason, and writes nothing', async (args, reason) => {
  const { code, out, errors } = await run(args)
  expect({ code, out, errors }).toEqual({
    code: 2,
    out: '',
    errors: expect.stringContaining(reason),
  })
  expect(readdirSync(folder)).toEqual([])
})

test('two tarballs of a package are refused, because either may be meant', async () => {
  tarballsFolder(['caughtup-react-ui-1.2.3', 'caughtup-react-ui-1.2.4'])
  const { code, errors } = await run(['app', '-t', 'hono', '--packages', 'packed'])
  expect(code).toBe(2)
  expect(errors).toContain('caughtup-react-ui-1.2.3.tgz, caughtup-react-ui-1.2.4.tgz. Leave one.')
})

test('a folder that is not empty, and a file, are left as they are', async () => {
  mkdirSync(path.join(folder, 'full'))
  writeFileSync(path.join(folder, 'full/mine.txt'), 'mine')
  const { code, errors } = await run(['full', '-t', 'hono'])
  expect([code, errors]).toEqual([2, expect.stringContaining('is not empty: it has mine.txt.')])
  expect(readdirSync(path.join(folder, 'full'))).toEqual(['mine.txt'])
  expect(await run(['full/mine.txt', '-t', 'hono'])).toMatchObject({ code: 2 })
  expect(readFileSync(path.join(folder, 'full/mine.txt'), 'utf8')).toBe('mine')
})

test('the version is that of the package', async () => {
  expect(await run(['--version'])).toEqual({ code: 0, out: `${version}\n`, errors: '' })
})
