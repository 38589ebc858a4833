// Packs every public package as it would be published and lists the sizes. publint and attw check the
// tarballs; here it is checked that each has what users read and need, and nothing else.
import { spawnSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { basename } from 'node:path'

import { packPackages } from '../pack-packages.ts'
import type { Manifest } from '../public-packages.ts'

/** What each tarball has beside `dist/`, and `templates/` if it makes files of them. pnpm adds the licence of the repository. */
const documents = ['package.json', 'README.md', 'CHANGELOG.md', 'LICENSE']

let failures = 0
const packed = packPackages()
for (const tarball of packed) {
  run('publint', ['run', '--strict', tarball])
  const files = tar('-tzf', tarball)
    .split('\n')
    .filter((file) => file !== '' && !file.endsWith('/'))
    .map((file) => file.replace('package/', ''))
  checkFiles(tarball, files)
  checkMaps(tarball, files)
  const manifest: Manifest = JSON.parse(tar('-xzOf', tarball, 'package/package.json'))
  checkManifest(tarball, manifest)
  // It checks the types of what can be imported; a package that is a command alone has none.
  if (manifest.exports)
    run('attw', ['--profile', 'esm-only', '--no-emoji', '--format', 'ascii', tarball])
  const kilobytes = Math.ceil(statSync(tarball).size / 1000)
  console.log(`${basename(tarball)}: ${kilobytes} kB, ${files.length} files`)
}

if (failures > 0 || packed.length === 0) {
  console.error(`${failures} complaints about ${packed.length} packed packages.`)
  process.exitCode = 1
} else {
  console.log(`${packed.length} packed packages are fit to publish.`)
}

function checkFiles(tarball: string, files: readonly string[]): void {
  const lacking = documents.filter((file) => !files.includes(file))
  if (lacking.length > 0) complain(`${tarball} lacks ${lacking.join(', ')}.`)
  const isTest = (file: string) => /(^|\/)tests?\/|\.(test|spec|test-d|bench)\./.test(file)
  const strange = files.filter(
    (file) => (!/^(dist|templates)\//.test(file) && !documents.includes(file)) || isTest(file),
  )
  if (strange.length > 0) complain(`${tarball} should not contain ${strange.join(', ')}.`)
}

function checkMaps(tarball: string, files: readonly string[]): void {
  const text = tar('-xzOf', tarball, '--wildcards', 'package/dist/*')
  for (const [, map = ''] of text.matchAll(/\/\/# sourceMappingURL=(.*)$/gm)) {
    if (files.some((file) => basename(file) === map)) continue
    complain(`${tarball} names the source map ${map}, which it does not contain.`)
  }
}

/** A registry has no workspace and no catalog; those of ours are published with the same version. */
function checkManifest(tarball: string, manifest: Manifest): void {
  const { version, dependencies = {} } = manifest
  for (const [name, wanted] of Object.entries(dependencies)) {
    const isOurs = name.startsWith('@caughtup/')
    if (isOurs ? wanted === version : /^[\d^~>=]/.test(wanted)) continue
    complain(`${tarball} depends on ${name} ${wanted}${isOurs ? `, and is ${version}` : ''}.`)
  }
}

function tar(...args: string[]): string {
  return spawnSync('tar', args, { encoding: 'utf8', maxBuffer: 1e9 }).stdout
}

function run(command: string, args: string[]): void {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) complain(`${command} ${args.join(' ')}\n${stdout}${stderr}${error ?? ''}`)
}

function complain(words: string): void {
  failures += 1
  console.error(words)
}
