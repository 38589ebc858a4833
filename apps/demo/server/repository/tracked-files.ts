import { execFile } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Files beyond this are left out; a repository that a demo shows has far fewer. */
const mostFiles = 20_000

/**
 * The paths of the files that belong to the project, from its root, with `/` between folders: what
 * git tracks, or, where git tracks nothing (an unpacked tarball), every file outside of hidden
 * folders, `node_modules` and `dist`.
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
    // No git here, or no checkout. Anything else is worth knowing, and not worth stopping for.
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
