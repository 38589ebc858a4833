// Compiles an application against the packed packages under the strictest settings, with the
// declarations of all its dependencies checked (`skipLibCheck: false`), and with nothing installed
// but what the packages ask for. It also runs the packed commands. `pnpm check packages` runs it after
// packing.
import { spawnSync, type StdioOptions } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

import { packPackages } from '../pack-packages.ts'

const root = resolve(import.meta.dirname, '../..')
const folder = join(root, '.reports/embedding')
const modules = join(folder, 'node_modules')
rmSync(folder, { recursive: true, force: true })

/** What an application has beside ours: types of the platform, of React, of `ws` and of `pg`. */
const installed = {
  'web-client': ['@types/node', '@types/react'],
  server: ['@types/ws'],
  store: ['@types/pg'],
}

interface Manifest {
  name: string
  publishConfig: { bin?: Record<string, string>; exports: Record<string, unknown> }
  dependencies?: Record<string, string>
}

const imports: string[] = []
const commands: string[] = []
for (const tarball of packPackages()) {
  const name = /caughtup-(.+)-\d+\.\d+\.\d+\.tgz$/.exec(tarball)?.[1] ?? ''
  const target = join(modules, '@caughtup', name)
  mkdirSync(target, { recursive: true })
  run('tar', ['-xzf', tarball, '-C', target, '--strip-components=1'])
  const source = join(root, 'packages', name)
  const manifest: Manifest = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'))
  for (const dependency of Object.keys(manifest.dependencies ?? {})) {
    if (!dependency.startsWith('@caughtup/')) link(source, dependency, join(target, 'node_modules'))
  }
  for (const subpath of Object.keys(manifest.publishConfig.exports)) {
    imports.push(`import * as all${imports.length} from '${manifest.name}${subpath.slice(1)}'`)
  }
  for (const file of Object.values(manifest.publishConfig.bin ?? {})) {
    commands.push(join(target, file))
  }
}
for (const [name, types] of Object.entries(installed)) {
  for (const one of types) link(join(root, 'packages', name), one, modules)
}

const uses = imports.map((_, index) => `all${index}`).join(', ')
writeFileSync(join(folder, 'app.ts'), `${imports.join('\n')}\nexport const all = [${uses}]\n`)
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
writeFileSync(
  join(folder, 'tsconfig.json'),
  JSON.stringify({ compilerOptions, include: ['app.ts'] }),
)
run(join(root, 'node_modules/.bin/tsc'), ['-p', folder])
console.log(
  `An application compiles against ${imports.length} entries, their declarations checked.`,
)

// Its help loads all that a command imports.
for (const command of commands)
  run(process.execPath, [command, '--help'], ['ignore', 'ignore', 'inherit'])
console.log(`Packed commands that run: ${commands.length}.`)

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
