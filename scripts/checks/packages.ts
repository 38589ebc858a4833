// Packs every public package as it would be published, has publint and attw check the tarballs, and
// fails if a file names a source map that its tarball lacks.
import { spawnSync } from 'node:child_process'
import { basename } from 'node:path'

import { packPackages } from '../pack-packages.ts'

let failures = 0
const packed = packPackages()
for (const tarball of packed) {
  run('publint', ['run', '--strict', tarball])
  checkMaps(tarball)
  run('attw', ['--profile', 'esm-only', '--no-emoji', '--format', 'ascii', tarball])
}

if (failures > 0 || packed.length === 0) {
  console.error(`${failures} complaints about ${packed.length} packed packages.`)
  process.exitCode = 1
} else {
  console.log(`${packed.length} packed packages are fit to publish.`)
}

function checkMaps(tarball: string): void {
  const tar = (...args: string[]) =>
    spawnSync('tar', args, { encoding: 'utf8', maxBuffer: 1e9 }).stdout
  const files = tar('-tzf', tarball).split('\n')
  const text = tar('-xzOf', tarball, '--wildcards', 'package/dist/*')
  for (const [, map = ''] of text.matchAll(/\/\/# sourceMappingURL=(.*)$/gm)) {
    if (files.some((file) => basename(file) === map)) continue
    failures += 1
    console.error(`${tarball} names the source map ${map}, which it does not contain.`)
  }
}

function run(command: string, args: string[]): void {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' })
  if (status === 0) return
  failures += 1
  console.error(`${command} ${args.join(' ')}\n${stdout ?? ''}${stderr ?? ''}${error ?? ''}`)
}
