// Runs the tests of all folders in `outside/` (`pnpm outside`), or of some (`pnpm outside hosts`).
// Each folder has a lock file for what only it needs (frameworks, other runtimes, peers), so that the
// workspace stays quick to install, and gets our packages packed, as an application would. It leaves
// a report for the CI to count: `.reports/outside-<folder>.json`.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, globSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'

import { packPackages } from './pack-packages.ts'

const root = resolve(import.meta.dirname, '..')
const folders = globSync('outside/*/package.json', { cwd: root })
  .map((file) => dirname(file))
  .sort()
const asked = process.argv.slice(2)
const names = folders.map((folder) => basename(folder))
const unknown = asked.filter((name) => !names.includes(name))
if (unknown.length > 0) {
  console.error(`outside/ has no folder ${unknown.join(', ')}. There are: ${names.join(', ')}.`)
  process.exit(2)
}

const chosen = folders.filter((one) => asked.length === 0 || asked.includes(basename(one)))
// All at once, and beside the build: they wait for the network.
const installed = new Map(chosen.map((folder) => [folder, install(join(root, folder))]))
run(root, 'turbo', ['run', 'build', '--filter=./packages/*', '--output-logs=errors-only'])
const tarballs = packPackages()
// As in tests/whole-systems.ts: what passes only then is a fault to be found, and named by the CI.
const retries = process.env['CI'] ? 1 : 0
/** How many folders are tested at once: they wait for more than they compute. */
const lanes = 2
const failed: string[] = []
const waiting = [...chosen]
await Promise.all(
  Array.from({ length: lanes }, async () => {
    for (let folder = waiting.shift(); folder; folder = waiting.shift()) await testFolder(folder)
  }),
)
console.log(failed.length > 0 ? `\nFailed outside: ${failed.join(', ')}` : '\nAll passed outside.')
process.exitCode = failed.length > 0 ? 1 : 0

/** Shows what the tests print: at once if this is the only folder, else when they have ended. */
async function testFolder(folder: string): Promise<void> {
  const name = basename(folder)
  const heading = `\n==> outside/${name}`
  const isAlone = chosen.length === 1
  if (isAlone) console.log(heading)
  const report = join(root, `.reports/outside-${name}.json`)
  const log = report.replace(/json$/, 'log')
  rmSync(report, { force: true })
  // A file, because a pipe would stay open with any process that a test left behind.
  const output = isAlone ? 'inherit' : openSync(log, 'w')
  try {
    const cwd = join(root, folder)
    const problem = await installed.get(folder)
    if (problem !== undefined) throw new Error(problem)
    for (const used of read(join(cwd, 'package.json')).caughtup) unpack(used, cwd)
    const vitest = join(cwd, 'node_modules/.bin/vitest')
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile=${report}`]
    const args = ['run', ...reporters, `--retry=${retries}`]
    const child = spawn(vitest, args, { cwd, stdio: ['ignore', output, output] })
    const [code]: unknown[] = await once(child, 'exit')
    if (output !== 'inherit') console.log(`${heading}\n${readFileSync(log, 'utf8')}`)
    if (code !== 0) throw new Error(`The tests of outside/${name} ended with ${String(code)}.`)
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    failed.push(name)
  } finally {
    if (output !== 'inherit') closeSync(output)
  }
}

/** What went wrong, if anything did. It never rejects, because its turn comes later. */
async function install(cwd: string): Promise<string | undefined> {
  const args = ['install', '--frozen-lockfile', '--prefer-offline']
  const child = spawn('pnpm', args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = once(child, 'exit').then(([code]: unknown[]) => code, String)
  const [code, output, errors] = await Promise.all([ended, text(child.stdout), text(child.stderr)])
  return code === 0
    ? undefined
    : `pnpm install ended with ${String(code)} in ${cwd}:\n${output}${errors}`
}

interface Manifest {
  name: string
  version: string
  dependencies?: Record<string, string>
  /** Only in the folders of `outside/`: which of our packages they use. */
  caughtup: string[]
}

/** Installs a packed package of ours, and checks that its dependencies have the right versions. */
function unpack(used: string, cwd: string): void {
  const tarball = tarballs.find((one) => basename(one).startsWith(`caughtup-${used}-`))
  if (!tarball) throw new Error(`${cwd} uses ${used}, which is not one of our packages.`)
  const target = join(cwd, 'node_modules/@caughtup', used)
  rmSync(target, { recursive: true, force: true })
  mkdirSync(target, { recursive: true })
  run(cwd, 'tar', ['-xzf', tarball, '-C', target, '--strip-components=1'])
  const { name, dependencies = {} } = read(join(target, 'package.json'))
  for (const [dependency, wanted] of Object.entries(dependencies)) {
    if (dependency.startsWith('@caughtup/')) continue
    const manifest = join(cwd, 'node_modules', dependency, 'package.json')
    const installed = existsSync(manifest) ? read(manifest).version : 'not installed'
    if (installed === wanted) continue
    throw new Error(`${name} needs ${dependency} ${wanted}, which is ${installed} in ${cwd}.`)
  }
}

function read(manifest: string): Manifest {
  return JSON.parse(readFileSync(manifest, 'utf8'))
}

function run(cwd: string, command: string, args: string[]): void {
  const { status, error } = spawnSync(command, args, { cwd, stdio: 'inherit' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${error ?? status}.`)
}
