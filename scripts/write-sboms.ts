import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const folder = resolve(root, '.reports/sboms')

export interface Sbom {
  /** The package of ours. */
  name: string
  /** The CycloneDX file. */
  path: string
  /** What it installs, ours among it. */
  components: { name: string; version: string; licence: string }[]
}

/** As far as it is read here. */
interface CycloneDx {
  metadata: { component: Named }
  components: (Named & {
    version: string
    licenses?: { license?: { id?: string; name?: string }; expression?: string }[]
  })[]
}

interface Named {
  group?: string
  name: string
}

/**
 * Writes a list of components for each published package, to `.reports/sboms`.
 *
 * @throws Error with what pnpm printed
 */
export function writeSboms(): Sbom[] {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const args = ['sbom', '--sbom-format=cyclonedx', '--prod', '--exclude-peers', '--split']
  const { status, stdout, stderr, error } = spawnSync(
    'pnpm',
    [...args, '--filter=./packages/*', `--out=${folder}/%s-%v.cdx.json`],
    { cwd: root, encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(`pnpm sbom failed: ${stdout}${stderr}${error ?? ''}`)
  return readdirSync(folder).map((file) => {
    const path = resolve(folder, file)
    const { metadata, components }: CycloneDx = JSON.parse(readFileSync(path, 'utf8'))
    return {
      name: fullName(metadata.component),
      path,
      components: components.map((one) => ({
        name: fullName(one),
        version: one.version,
        licence:
          one.licenses
            ?.map(({ license, expression }) => license?.id ?? license?.name ?? expression)
            .join(' AND ') || 'unknown',
      })),
    }
  })
}

function fullName({ group, name }: Named): string {
  return group === undefined ? name : `${group}/${name}`
}
