// Packs every public package as it would be published and lets publint and attw judge the tarballs:
// `publishConfig.exports` applies only there.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const tarballs = '.reports/tarballs'
rmSync(tarballs, { recursive: true, force: true })
mkdirSync(tarballs, { recursive: true })

let failures = 0
for (const name of readdirSync('packages')) {
  run('pnpm', [
    '--dir',
    join('packages', name),
    'pack',
    '--silent',
    '--pack-destination',
    join(process.cwd(), tarballs),
  ])
}
const packed = readdirSync(tarballs)
for (const tarball of packed) {
  const path = join(tarballs, tarball)
  run('publint', ['run', '--strict', path])
  run('attw', ['--profile', 'esm-only', '--no-emoji', '--format', 'ascii', path])
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
