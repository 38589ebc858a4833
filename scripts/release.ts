// Makes everything that a release consists of, and publishes nothing: the packed packages in
// `.reports/tarballs`, and a list of components for each in `.reports/sboms`. `scripts/publish.ts` then
// publishes them. Run by `pnpm release`, on a person's machine as a trial, and by the release workflow.
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { resolve } from 'node:path'

import { packPackages } from './pack-packages.ts'
import { publicPackages } from './public-packages.ts'
import { writeSboms } from './write-sboms.ts'

const root = resolve(import.meta.dirname, '..')
try {
  release()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

function release(): void {
  const changed = output('git', ['status', '--porcelain'])
  if (changed !== '') throw new Error(`A release is made of what is committed:\n${changed}`)
  const changesets = globSync('.changeset/*.md', { cwd: root })
  if (changesets.length > 0) {
    throw new Error(
      `These changes have no version yet: ${changesets.join(', ')}. CONTRIBUTING.md says how a release begins.`,
    )
  }
  const checks = ['registry', 'orpc', 'versions', 'build', 'packages', 'licences']
  run('node', ['scripts/check.ts', ...checks])
  for (const tarball of packPackages()) console.log(tarball)
  for (const { path } of writeSboms()) console.log(path)
  for (const { manifest } of publicPackages()) {
    if (manifest.repository?.url) continue
    console.warn(`${manifest.name} names no repository, so scripts/publish.ts will refuse it.`)
  }
}

function output(command: string, args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
  })
  if (status === 0) return stdout
  throw new Error(`${command} ${args.join(' ')} failed: ${stderr}${error ?? ''}`)
}

function run(command: string, args: string[]): void {
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed, so nothing is released.`)
}
