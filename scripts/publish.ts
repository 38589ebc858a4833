// Publishes the packed packages of a folder, each behind those that it depends on:
//
//   node scripts/publish.ts FOLDER             says what it would publish
//   node scripts/publish.ts FOLDER --publish   publishes it
//
// What the registry has already is skipped, so a release that broke off goes on when it is run again.
// It needs Node and npm alone: the job that may publish installs nothing. The registry and who may
// publish are npm's own settings. `--no-provenance` is for a release by hand.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'

import { inOrder, type Manifest } from './public-packages.ts'

interface Packed {
  tarball: string
  manifest: Manifest
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  allowNegative: true,
  options: {
    publish: { type: 'boolean', default: false },
    provenance: { type: 'boolean', default: true },
  },
})
const [folder] = positionals
try {
  if (folder === undefined) throw new Error('Say in which folder the packed packages are.')
  publish(inOrder(packedIn(folder)))
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

function publish(packages: readonly Packed[]): void {
  const refusals = refusalsOf(packages)
  if (refusals.length > 0) throw new Error(`Nothing was published.\n${refusals.join('\n')}`)
  const states = packages.map((one) => ({ ...one, isThere: isPublished(one) }))
  for (const { tarball, manifest, isThere } of states) {
    const id = `${manifest.name}@${manifest.version}`
    if (isThere) console.log(`${id} is published already.`)
    else if (values.publish) upload(tarball, manifest)
    else console.log(`${id} would be published.`)
  }
}

/** Why these may not be published, whatever the registry has. */
function refusalsOf(packages: readonly Packed[]): string[] {
  const refusals: string[] = []
  if (packages.length === 0) refusals.push(`There is no packed package in ${folder}.`)
  const versions = [...new Set(packages.map(({ manifest }) => manifest.version))]
  if (versions.length > 1)
    refusals.push(`The packages have different versions: ${versions.join(', ')}.`)
  for (const { manifest } of packages) {
    if (manifest.repository?.url) continue
    refusals.push(
      `${manifest.name} does not name its repository. Provenance needs "repository": { "type": "git", "url", "directory" } in its package.json.`,
    )
  }
  const { GITHUB_REF_TYPE: type, GITHUB_REF_NAME: tag } = process.env
  if (type === 'tag' && tag !== `v${versions[0]}`)
    refusals.push(`The tag is ${tag}, and the version ${versions[0]}.`)
  return refusals
}

/**
 * @throws Error if the registry has other contents under this version, or says something else than
 *   that it has the version or has not
 */
function isPublished({ tarball, manifest }: Packed): boolean {
  const id = `${manifest.name}@${manifest.version}`
  const { status, stdout, stderr, error } = spawnSync(
    'npm',
    ['view', id, 'dist.integrity', '--json'],
    { encoding: 'utf8' },
  )
  if (status !== 0 && /\bE404\b/.test(stdout + stderr)) return false
  if (status !== 0) throw new Error(`npm view ${id} failed: ${stdout}${stderr}${error ?? ''}`)
  // npm prints nothing for a version that a known package lacks.
  if (stdout.trim() === '') return false
  const found: unknown = JSON.parse(stdout)
  const own = `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`
  if (found === own) return true
  throw new Error(
    `${id} is published with other contents (${String(found)}) than ${basename(tarball)} has (${own}). Release a new version.`,
  )
}

/** @throws Error if npm could not publish it */
function upload(tarball: string, { name, version }: Manifest): void {
  const args = ['publish', tarball, '--access=public', '--ignore-scripts']
  if (values.provenance) args.push('--provenance')
  // A version such as 0.2.0-beta.1 must not be what `npm install` takes.
  if (version.includes('-')) args.push('--tag=next')
  const { status, error } = spawnSync('npm', args, { stdio: 'inherit' })
  if (status !== 0) {
    throw new Error(
      `${name}@${version} was not published (${error ?? `npm ended with ${status}`}). Run this again to go on from there.`,
    )
  }
  console.log(`${name}@${version} is published.`)
}

function packedIn(place: string): Packed[] {
  return readdirSync(place)
    .filter((file) => file.endsWith('.tgz'))
    .sort()
    .map((file) => {
      const tarball = join(place, file)
      const { status, stdout, stderr } = spawnSync(
        'tar',
        ['-xzOf', tarball, 'package/package.json'],
        { encoding: 'utf8' },
      )
      if (status !== 0) throw new Error(`${tarball} cannot be read: ${stderr}`)
      return { tarball, manifest: JSON.parse(stdout) }
    })
}
