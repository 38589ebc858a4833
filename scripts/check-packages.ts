// Packs every public package as it would be published and lets publint and attw judge the tarballs.
import { spawnSync } from 'node:child_process'

import { packPackages } from './pack-packages.ts'

let failures = 0
const packed = packPackages()
for (const tarball of packed) {
  run('publint', ['run', '--strict', tarball])
  run('attw', ['--profile', 'esm-only', '--no-emoji', '--format', 'ascii', tarball])
}

if (failures > 0 || packed.length === 0) {
  console.error(`${failures} complaints about ${packed.length} packed packages.`)
  process.exitCode = 1
} else {
  console.log(`${packed.length} packed packages are fit to publish.`)
}

function run(command: string, args: string[]): void {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' })
  if (status === 0) return
  failures += 1
  console.error(`${command} ${args.join(' ')}\n${stdout ?? ''}${stderr ?? ''}${error ?? ''}`)
}
