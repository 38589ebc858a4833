import { globSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')

/** What is read of a package's manifest. */
export interface Manifest {
  name: string
  version: string
  private?: boolean
  license?: string
  repository?: { type?: string; url?: string; directory?: string }
  engines?: { node?: string }
  exports?: Record<string, unknown>
  dependencies?: Record<string, string>
}

export interface PublicPackage {
  /** Its folder, absolute. */
  folder: string
  manifest: Manifest
}

/** The packages that are published, each behind those of ours that it depends on. */
export function publicPackages(): PublicPackage[] {
  const packages = globSync('packages/*/package.json', { cwd: root })
    .sort()
    .map((file): PublicPackage => {
      const path = resolve(root, file)
      return { folder: dirname(path), manifest: JSON.parse(readFileSync(path, 'utf8')) }
    })
  return inOrder(packages.filter(({ manifest }) => manifest.private !== true))
}

/**
 * The same packages, each behind those among them that it depends on.
 *
 * @throws Error if some depend on each other
 */
export function inOrder<T extends { manifest: Manifest }>(packages: readonly T[]): T[] {
  const left = [...packages]
  const ordered: T[] = []
  while (left.length > 0) {
    const waits = new Set(left.map(({ manifest }) => manifest.name))
    const next = left.findIndex(
      ({ manifest }) => !Object.keys(manifest.dependencies ?? {}).some((name) => waits.has(name)),
    )
    if (next === -1) throw new Error(`These depend on each other: ${[...waits].join(', ')}.`)
    ordered.push(...left.splice(next, 1))
  }
  return ordered
}
