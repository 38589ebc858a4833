import { execFile } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A bound for a folder that is not a repository; this one has far fewer files. */
const mostFiles = 20_000

/**
 * The paths of the project's files, relative to its root and with `/`: those that git tracks. If git
 * tracks none (in an unpacked tarball), every file outside hidden folders, `node_modules` and `dist`.
 */
export async function trackedFiles(root: string): Promise<string[]> {
  const tracked = await gitFiles(root)
  const paths = tracked.length > 0 ? tracked : await walk(root, '')
  return paths.toSorted().slice(0, mostFiles)
}

async function gitFiles(root: string): Promise<string[]> {
  try {
    const { stdout } = await run('git', ['-C', root, 'ls-files', '-z'], { maxBuffer: 2 ** 26 })
    return stdout.split('\0').filter((path) => path !== '')
  } catch (error) {
    // Without git or a checkout, the folder is walked. So it is after other failures, which are logged.
    if (!isExpected(error)) console.warn(`git ls-files failed in ${root}: ${String(error)}`)
    return []
  }
}

/** git exits with 128 where there is no repository. */
function isExpected(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 128)
  )
}

async function walk(root: string, folder: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true })
  const found = await Promise.all(
    entries.map(async (entry) => {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (entry.isFile()) return [path]
      return entry.isDirectory() && !isSkipped(entry.name) ? walk(root, path) : []
    }),
  )
  return found.flat()
}

function isSkipped(folder: string): boolean {
  return folder.startsWith('.') || folder === 'node_modules' || folder === 'dist'
}
