import { spawnSync } from 'node:child_process'
import { globSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

const folder = resolve(import.meta.dirname, '../.reports/tarballs')

/**
 * Packs every package of ours as it would be published: `publishConfig.exports` applies only there.
 * They have to be built before. Returns the tarballs' paths.
 *
 * @throws Error with what pnpm printed, for a package that cannot be packed
 */
export function packPackages(): string[] {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const root = resolve(import.meta.dirname, '..')
  for (const manifest of globSync('packages/*/package.json', { cwd: root })) {
    const args = ['--dir', resolve(root, dirname(manifest)), 'pack', '--silent']
    const { status, stdout, stderr, error } = spawnSync(
      'pnpm',
      [...args, '--pack-destination', folder],
      { encoding: 'utf8' },
    )
    if (status !== 0)
      throw new Error(`${manifest} cannot be packed: ${stdout}${stderr}${error ?? ''}`)
  }
  return readdirSync(folder).map((tarball) => resolve(folder, tarball))
}
