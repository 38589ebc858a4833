import { readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'

import type { PackageManager } from './package-manager.ts'
import { findTarballs } from './tarballs.ts'
import { type Template, templateFolders } from './templates.ts'

/** What an app consists of: the bytes of each file, by its path in the app. */
export type AppFiles = Map<string, Buffer>

export interface AppOptions {
  name: string
  template: Template
  manager: PackageManager
  /** The version of the `@caughtup` packages, which are released together. */
  version: string
  /** A folder with their tarballs, which then go along. @default from the registry */
  packages?: string
}

interface Manifest {
  dependencies: Record<string, string>
  [member: string]: unknown
}

/** Where tarballs go in an app. */
const tarballsFolder = 'packages'
/** What a template's manifest has in place of the version of a package of ours. */
const ours = 'workspace:*'

/**
 * Reads the files of an app; nothing is written.
 *
 * @throws UsageError if a tarball is missing
 */
export function appFiles({ name, template, manager, version, packages }: AppOptions): AppFiles {
  const files: AppFiles = new Map(templateFolders(template).flatMap(readTree))
  const manifest: Manifest = JSON.parse(String(files.get('package.json')))
  const used = Object.keys(manifest.dependencies).filter(
    (dependency) => manifest.dependencies[dependency] === ours,
  )
  const tarballs = packages === undefined ? undefined : findTarballs(packages, used)
  const specs: Record<string, string> = {}
  for (const dependency of used) {
    const tarball = tarballs?.get(dependency)
    if (tarball === undefined) {
      specs[dependency] = version
    } else {
      const place = `${tarballsFolder}/${path.basename(tarball)}`
      files.set(place, readFileSync(tarball))
      specs[dependency] = `file:${place}`
    }
  }
  const dependencies = { ...manifest.dependencies, ...specs }
  // The packages name each other by version, which no registry has: their tarballs take the place.
  const overrides = tarballs ? specs : {}
  const changed = { ...manifest, name, dependencies, ...managerMembers(manager, overrides) }
  files.set('package.json', Buffer.from(`${JSON.stringify(changed, null, 2)}\n`))
  if (manager === 'pnpm') files.set('pnpm-workspace.yaml', Buffer.from(pnpmSettings(overrides)))
  return new Map([...files].sort(([one], [other]) => (one < other ? -1 : 1)))
}

type Overrides = Readonly<Record<string, string>>

/** In each package manager's words: the overrides, and that `node` may run its install script. */
function managerMembers(manager: PackageManager, overrides: Overrides): Record<string, unknown> {
  const any = Object.keys(overrides).length > 0
  switch (manager) {
    case 'npm':
      return { allowScripts: { node: true }, ...(any && { overrides }) }
    case 'bun':
      return { trustedDependencies: ['node'], ...(any && { overrides }) }
    case 'yarn':
      return { dependenciesMeta: { node: { built: true } }, ...(any && { resolutions: overrides }) }
    case 'pnpm':
      return {}
  }
}

function pnpmSettings(overrides: Overrides): string {
  const lines = Object.entries(overrides).map(([name, spec]) => `  '${name}': ${spec}\n`)
  const allow =
    '# The package `node` unpacks Node in its install script.\nallowBuilds:\n  node: true\n'
  return lines.length === 0 ? allow : `${allow}overrides:\n${lines.join('')}`
}

/** All files below a folder. npm leaves a `.gitignore` out of packages, so it has another name there. */
function readTree(folder: string): [string, Buffer][] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(path.join(folder, name)).isFile())
    .map((name) => {
      const place = name.split(path.sep).join('/')
      const bytes = readFileSync(path.join(folder, name))
      return [place.replace(/(^|\/)_gitignore$/, '$1.gitignore'), bytes]
    })
}
