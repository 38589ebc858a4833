// Compiles an application against the packed packages under the strictest settings, with the
// declarations of all its dependencies checked (`skipLibCheck: false`) as far as they can be, and with nothing installed
// but what the packages ask for. It also runs the packed commands. `pnpm check packages` runs it after
// packing.
import { spawnSync, type StdioOptions } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'

import { packPackages } from '../pack-packages.ts'

const root = resolve(import.meta.dirname, '../..')
const folder = join(root, '.reports/embedding')
const modules = join(folder, 'node_modules')
rmSync(folder, { recursive: true, force: true })

/** What an application has beside ours: types of the platform, of the frameworks, of `ws` and `pg`, and the AI SDK. */
const installed = {
  'web-client': ['@types/node', '@types/react', '@ai-sdk/react', 'solid-js', 'svelte', 'vue'],
  server: ['@types/ws', 'ai'],
  store: ['@types/pg'],
}

interface Manifest {
  name: string
  publishConfig: { bin?: Record<string, string>; exports?: Record<string, unknown> }
  dependencies?: Record<string, string>
}

const imports: string[] = []
/** Entries that import what does not compile under these settings itself. */
const looser = new Set([
  '@caughtup/server/ai-sdk',
  '@caughtup/web-client/ai-sdk',
  '@caughtup/web-client/ai-sdk/react',
])
const looserImports: string[] = []
const commands: string[] = []
for (const tarball of packPackages()) {
  // `@caughtup/store` is packed as `caughtup-store-0.0.0.tgz`.
  const name = /^(?:caughtup-)?(.+)-\d+\.\d+\.\d+\.tgz$/.exec(basename(tarball))?.[1] ?? ''
  const source = join(root, 'packages', name)
  const manifest: Manifest = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'))
  const target = join(modules, manifest.name)
  mkdirSync(target, { recursive: true })
  run('tar', ['-xzf', tarball, '-C', target, '--strip-components=1'])
  for (const dependency of Object.keys(manifest.dependencies ?? {})) {
    if (!dependency.startsWith('@caughtup/')) link(source, dependency, join(target, 'node_modules'))
  }
  for (const subpath of Object.keys(manifest.publishConfig.exports ?? {})) {
    const entry = `${manifest.name}${subpath.slice(1)}`
    const into = looser.has(entry) ? looserImports : imports
    into.push(`import * as all${into.length} from '${entry}'`)
  }
  for (const file of Object.values(manifest.publishConfig.bin ?? {})) {
    commands.push(join(target, file))
  }
}
for (const [name, types] of Object.entries(installed)) {
  for (const one of types) link(join(root, 'packages', name), one, modules)
}

const compilerOptions = {
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: false,
  noEmit: true,
  module: 'nodenext',
  target: 'ES2022',
  lib: ['ES2024', 'ESNext.Disposable', 'DOM', 'DOM.Iterable', 'DOM.AsyncIterable'],
  types: ['node'],
}
writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }))
compile('app', imports, compilerOptions)
compile('looser', looserImports, { ...compilerOptions, skipLibCheck: true })
const count = imports.length + looserImports.length
console.log(`An application compiles against ${count} entries.`)

// Its help loads all that a command imports.
for (const command of commands)
  run(process.execPath, [command, '--help'], ['ignore', 'ignore', 'inherit'])
console.log(`Packed commands that run: ${commands.length}.`)

function compile(name: string, lines: string[], options: object): void {
  const uses = lines.map((_, index) => `all${index}`).join(', ')
  writeFileSync(join(folder, `${name}.ts`), `${lines.join('\n')}\nexport const all = [${uses}]\n`)
  const config = join(folder, `tsconfig.${name}.json`)
  writeFileSync(config, JSON.stringify({ compilerOptions: options, include: [`${name}.ts`] }))
  run(join(root, 'node_modules/.bin/tsc'), ['-p', config])
}

/** Puts a dependency of one of our packages where the application finds it. */
function link(source: string, dependency: string, into: string): void {
  const path = join(into, dependency)
  mkdirSync(dirname(path), { recursive: true })
  symlinkSync(join(source, 'node_modules', dependency), path)
}

function run(command: string, args: string[], stdio: StdioOptions = 'inherit'): void {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio })
  if (status === 0) return
  console.error(error ?? `${command} ended with ${status}`)
  process.exit(1)
}
