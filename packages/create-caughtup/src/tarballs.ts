import { readdirSync } from 'node:fs'
import path from 'node:path'

import { UsageError } from './usage-error.ts'

/**
 * The tarball of each of these packages in a folder, as `pnpm pack` names them.
 *
 * @throws UsageError for a folder that cannot be read, and a package without a tarball or with several
 */
export function findTarballs(folder: string, packages: readonly string[]): Map<string, string> {
  const files = readFolder(folder)
  return new Map(
    packages.map((name) => {
      // A hyphen and a digit: the package's name ends here.
      const start = `${name.replace('@', '').replace('/', '-')}-`
      const found = files.filter(
        (file) => file.startsWith(start) && /^\d.*\.tgz$/.test(file.slice(start.length)),
      )
      const [tarball] = found
      if (tarball === undefined) throw new UsageError(`${folder} has no tarball of ${name}.`)
      if (found.length > 1) {
        throw new UsageError(`${folder} has several of ${name}: ${found.join(', ')}. Leave one.`)
      }
      return [name, path.join(folder, tarball)]
    }),
  )
}

function readFolder(folder: string): string[] {
  try {
    return readdirSync(folder).sort()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new UsageError(`The folder of --packages cannot be read: ${reason}`, { cause: error })
  }
}
